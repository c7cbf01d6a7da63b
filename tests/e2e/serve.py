#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- -ch.serve, asked as ClickHouse's clients ask a server.
import gzip
import http.client
import json
import pathlib
import shutil
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

PASSWORD = "se cret&1"
NPM_S = 300


def serving(folder, **settings):
    """A store that nobody sends to, with its engine served."""
    endpoint = f"ipc://{folder}/nobody.ipc"
    return goflow.Store(folder, endpoint, **settings).wait_until_ready()


def ask(store, method="GET", body=None, headers=None, path="/", **arguments):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", store.sql_port, timeout=60)
    url = f"{path}?{urllib.parse.urlencode(arguments)}" if arguments else path
    connection.request(method, url, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def select(store, body, /, **arguments):
    """What a POST that must work answers, as text."""
    status, _, content = ask(store, "POST", body, **arguments)
    case.equal(status, 200, content.decode(errors="replace"))
    return content.decode()


def check_refused(answer, status, code, words):
    found, headers, content = answer
    text = content.decode()
    case.equal(found, status, text)
    case.equal(headers["X-ClickHouse-Exception-Code"], str(code), text)
    case.true(text.startswith(f"Code: {code}. DB::Exception: "), text)
    case.true(words in text and text.endswith(")\n"), text)


def test_refuses_as_the_server_does(folder):
    store = serving(folder)
    post = {"method": "POST"}
    check_refused(ask(store, query="SELECT * FROM nowhere"), 404, 60, "(UNKNOWN_TABLE)")
    check_refused(ask(store, query="SELEC 1"), 400, 62, "(SYNTAX_ERROR)")
    check_refused(ask(store, query="SELECT 1; SELECT 2"), 400, 62, "Multi-statements")
    check_refused(ask(store, query="SELECT 1", database="none"), 404, 81, "(UNKNOWN_DATABASE)")
    check_refused(ask(store, query="SELECT 1", no_such=1), 404, 115, "(UNKNOWN_SETTING)")
    check_refused(ask(store, query="SELECT 1 FORMAT None"), 404, 73, "(UNKNOWN_FORMAT)")
    check_refused(ask(store, query="SELECT throwIf(1)"), 500, 395, "throwIf")
    check_refused(ask(store, query="SELECT {x:UInt8}", param_x="a"), 500, 457, "cannot be parsed")
    check_refused(ask(store, query="CREATE DATABASE d"), 500, 164, "(READONLY)")
    check_refused(ask(store, query="SELECT 1", decompress=1, **post), 501, 48, "Content-Encoding")
    check_refused(
        ask(store, query="SELECT 1", body=b"x", headers={"Content-Encoding": "br"}, **post),
        500, 89, "br")
    case.equal(ask(store, path="/nothing")[0], 404, "status of another path")
    case.equal(ask(store, "DELETE")[0], 405, "status of DELETE")
    store.stop()


def test_answers_as_the_server_does(folder):
    store = serving(folder)
    case.equal(ask(store)[2], b"Ok.\n", "/")
    case.equal(ask(store, path="/ping")[2], b"Ok.\n", "/ping")
    status, headers, content = ask(store, query="SELECT 1 AS a, 'x'", query_id="mine")
    case.equal((status, content), (200, b"1\tx\n"), "default format")
    case.equal(headers["X-ClickHouse-Format"], "TabSeparated", "format")
    case.equal(headers["X-ClickHouse-Query-Id"], "mine", "query id")
    case.true(headers["X-ClickHouse-Server-Display-Name"], "display name")
    case.true(headers["X-ClickHouse-Timezone"], "time zone")
    case.equal(json.loads(headers["X-ClickHouse-Summary"])["read_rows"], "1", "summary")
    case.equal(select(store, "SELECT 1 AS a", default_format="JSONEachRow"), '{"a":1}\n', "format")
    case.equal(select(store, "SELECT 1 AS a FORMAT CSVWithNames"), '"a"\n1\n', "own format")
    case.equal(
        ask(store, query="SELECT 2", headers={"X-ClickHouse-Format": "CSV"})[1]["Content-Type"],
        "text/csv; charset=UTF-8; header=absent", "type by header")
    case.equal(select(store, "1 + 1", query="SELECT 3,"), "3\t2\n", "query and body")
    case.equal(select(store, "SELECT {x:String}", param_x="a\\tb"), "a\\tb\n", "parameter")
    case.equal(ask(store, "HEAD", query="SELECT 1")[2], b"", "HEAD")
    store.stop()


def test_takes_and_gives_compressed_bodies(folder):
    store = serving(folder)
    packed = gzip.compress(b"SELECT number FROM numbers(1000)")
    status, headers, content = ask(
        store, "POST", packed, {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"},
        enable_http_compression=1)
    case.equal((status, headers["Content-Encoding"]), (200, "gzip"), "answer")
    case.equal(gzip.decompress(content).count(b"\n"), 1000, "rows")
    _, headers, _ = ask(store, query="SELECT 1", headers={"Accept-Encoding": "gzip"})
    case.equal(headers["Content-Encoding"], None, "encoding nobody enabled")
    store.stop()


def test_inserts_every_way(folder):
    store = serving(folder)
    select(store, "CREATE DATABASE d")
    select(store, "CREATE TABLE d.t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    rows = b"1\tone\n2\ttwo\n"
    status, headers, content = ask(
        store, "POST", rows, query="INSERT INTO t FORMAT TSV", database="d")
    case.equal(status, 200, content.decode())
    case.equal(json.loads(headers["X-ClickHouse-Summary"])["written_rows"], "2", "rows written")
    select(store, b"INSERT INTO d.t FORMAT TSV\n3\tthree\n")
    select(store, "INSERT INTO d.t (a, b) VALUES (4, 'FORMAT;'), (5, '')")
    row = b'{"a":6,"b":"six"}'
    select(store, row, query="INSERT INTO d.t SETTINGS max_threads=1 FORMAT JSONEachRow")
    native = ask(store, query="SELECT a + 10 AS a, b FROM d.t ORDER BY a FORMAT Native")[2]
    select(store, native, query="INSERT INTO d.t FORMAT Native")
    fenced = ("INSERT INTO d.t SELECT a + 10, b FROM input('a UInt64, b String') "
              "WHERE now64() < toDateTime64('{}-01-01 00:00:00', 3) FORMAT Native")
    select(store, native, query=fenced.format(2100))
    select(store, native, query=fenced.format(2000))
    case.equal(select(store, "SELECT groupArray(a) FROM (SELECT a FROM d.t ORDER BY a)"),
        "[1,2,3,4,5,6,11,12,13,14,15,16,21,22,23,24,25,26]\n", "rows")
    case.equal(select(store, "SELECT b FROM d.t WHERE a = 14"), "FORMAT;\n", "a value")
    store.stop()


def test_keeps_requests_apart(folder):
    store = serving(folder)
    case.equal(select(store, "SELECT getSetting('max_block_size')", max_block_size=7), "7\n", "set")
    case.true(select(store, "SELECT getSetting('max_block_size')") != "7\n", "a setting stayed")
    started = time.monotonic()
    sleepers = [threading.Thread(target=select, args=(store, "SELECT sleep(2)")) for _ in range(4)]
    for sleeper in sleepers:
        sleeper.start()
    case.equal(select(store, "SELECT 1"), "1\n", "while others wait")
    case.true(time.monotonic() - started < 2, "a query waited behind another")
    for sleeper in sleepers:
        sleeper.join()
    store.stop()


def test_asks_for_the_password(folder):
    store = serving(folder, ch_password=PASSWORD)
    check_refused(ask(store, query="SELECT 1"), 403, 516, "Authentication failed")
    check_refused(ask(store, query="SELECT 1", password=PASSWORD + "x"), 403, 516, "failed")
    check_refused(ask(store, query="SELECT 1", password=PASSWORD, user="x"), 403, 516, "x: ")
    case.equal(ask(store, query="SELECT 1", password=PASSWORD)[0], 200, "in the URL")
    key = {"X-ClickHouse-User": "default", "X-ClickHouse-Key": PASSWORD}
    case.equal(ask(store, query="SELECT 1", headers=key)[0], 200, "in headers")
    basic = {"Authorization": "Basic ZGVmYXVsdDpzZSBjcmV0JjE="}
    case.equal(ask(store, query="SELECT 1", headers=basic)[0], 200, "by Basic")
    case.equal(ask(store, path="/ping")[2], b"Ok.\n", "/ping needs none")
    store.stop()


def test_official_client_works(folder):
    for name in ("package.json", "package-lock.json", "serve_client.mjs"):
        shutil.copy(pathlib.Path(__file__).with_name(name), folder)
    install = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"]
    process.check("npm", install, folder, NPM_S)
    store = serving(folder, ch_password=PASSWORD)
    url = f"http://127.0.0.1:{store.sql_port}"
    done = process.check("client", ["node", "serve_client.mjs", url, PASSWORD], folder)
    case.equal(json.loads(done.stdout), {
        "ping": True, "command": True, "insert_rows": "2", "insert_stream": "2",
        "select_rows": [{"id": 1, "name": "one"}, {"id": 7, "name": "seven"},
                        {"id": 8, "name": "eight"}, {"id": 42, "name": "it's\n\t\\"}],
        "select_json": [{"n": 4}], "parameters": [{"n": 5, "s": "a'b\tc\nd\\e", "a": [1, 2]}],
        "settings": [{"threads": 3}], "stream": 100000, "exec": "1,2\n", "query_id": "mine",
        "exception": ["60", "UNKNOWN_TABLE"], "abort": ["aborted", 1], "wrong_password": "516",
    }, "what the client found")
    store.stop()


def test_another_store_writes_through_it(folder):
    serving_store = serving(folder, name="served")
    ingest = goflow.Ingest(folder)
    writer = goflow.Store(folder, ingest.endpoint, name="writer",
        ch_addr=f"127.0.0.1:{serving_store.sql_port}", ch_compress=True)
    ingest.wait_until_ready()
    writer.wait_until_ready()
    sent = ingest.replay("-synthetic=ipfix", "-count=200", "-seed=3")
    case.wait_until_equal(serving_store.rows, sent["flows"], 60, "rows in the served engine")
    case.equal(serving_store.value("sum(Bytes)"), sent["bytes"], "bytes")
    for each in (ingest, writer, serving_store):
        each.stop()


case.main(globals())
