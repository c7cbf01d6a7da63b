// SPDX-License-Identifier: BSD-3-Clause -- @clickhouse/client against -ch.serve; run by serve.py.
// node serve_client.mjs URL PASSWORD: prints one line of JSON, {step: what it found}.
import { createClient } from '@clickhouse/client';
import { Readable } from 'node:stream';

const [url, password] = process.argv.slice(2);
const client = createClient({
  url,
  password,
  compression: { request: true, response: true },
  log: { LoggerClass: class { trace() {} debug() {} info() {} warn() {} error() {} } },
});

const rowsOf = async (query) => (await client.query({ format: 'JSONEachRow', ...query })).json();

const steps = {
  ping: async () => (await client.ping()).success,

  command: async () => {
    const query = 'CREATE TABLE client (id UInt64, name String) ENGINE = MergeTree ORDER BY id';
    return (await client.command({ query })).query_id.length > 0;
  },

  insert_rows: async () => {
    const values = [{ id: 1, name: 'one' }, { id: '42', name: "it's\n\t\\" }];
    const done = await client.insert({ table: 'client', values, format: 'JSONEachRow' });
    return done.summary.written_rows;
  },

  insert_stream: async () => {
    const values = Readable.from([[7, 'seven'], [8, 'eight']]);
    const columns = ['id', 'name'];
    const format = 'JSONCompactEachRow';
    const done = await client.insert({ table: 'client', values, columns, format });
    return done.summary.written_rows;
  },

  select_rows: () => rowsOf({ query: 'SELECT id, name FROM client ORDER BY id' }),

  select_json: async () => {
    const query = 'SELECT count() AS n FROM client';
    return (await (await client.query({ query, format: 'JSON' })).json()).data;
  },

  parameters: () => rowsOf({
    query: 'SELECT {n:UInt8} AS n, {s:String} AS s, {a:Array(UInt8)} AS a',
    query_params: { n: 5, s: "a'b\tc\nd\\e", a: [1, 2] },
  }),

  settings: () => rowsOf({
    query: "SELECT getSetting('max_threads') AS threads",
    clickhouse_settings: { max_threads: 3 },
  }),

  stream: async () => {
    const query = 'SELECT number FROM numbers(100000)';
    const found = await client.query({ query, format: 'JSONEachRow' });
    let rows = 0;
    for await (const part of found.stream()) {
      rows += part.length;
    }
    return rows;
  },

  exec: async () => {
    const done = await client.exec({ query: 'SELECT 1, 2 FORMAT CSV' });
    let text = '';
    for await (const part of done.stream) {
      text += part;
    }
    return text;
  },

  query_id: async () => {
    const done = await client.query({ query: 'SELECT 1', query_id: 'mine', format: 'CSV' });
    await done.text();
    return done.query_id;
  },

  exception: () => client.query({ query: 'SELECT * FROM nowhere' })
    .then(() => 'none', (error) => [error.code, error.type]),

  abort: async () => {
    const controller = new AbortController();
    const asked = client.query({ query: 'SELECT sleep(1)', abort_signal: controller.signal });
    controller.abort();
    const ended = await asked.then(() => 'answered', () => 'aborted');
    return [ended, (await rowsOf({ query: 'SELECT 1 AS still_there' }))[0].still_there];
  },

  wrong_password: async () => {
    const stranger = createClient({ url, password: 'wrong' });
    const query = { query: 'SELECT 1', format: 'CSV' };
    const found = await stranger.query(query).then(() => 'let in', (error) => error.code);
    await stranger.close();
    return found;
  },
};

const found = {};
for (const [name, step] of Object.entries(steps)) {
  found[name] = await step().catch((error) => `failed: ${error.message}`);
}
await client.close();
console.log(JSON.stringify(found));
