#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what nobody may do through -ch.serve: the list of docs/serve.md.
import http.client
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

HOST = "127.0.0.1"


def ask(store, method, statement, headers=None, arguments=None):
    """Status and text of one request; a GET has the statement in its URL."""
    connection = http.client.HTTPConnection(HOST, store.sql_port, timeout=60)
    query = {"query": statement} if method == "GET" else {}
    path = "/?" + urllib.parse.urlencode({**query, **(arguments or {})})
    connection.request(
        method, path, None if method == "GET" else statement.encode(), headers or {})
    answer = connection.getresponse()
    content = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, content, answer.headers


def serving(folder, **settings):
    return goflow.Store(folder, f"ipc://{folder}/nobody.ipc", **settings).wait_until_ready()


def forbidden(secret, target):
    """What is refused to everybody. `secret` is a file of this machine, `target` a new one."""
    return [
        f"SELECT * FROM file('{secret}', 'LineAsString')",
        f"SELECT * FROM `file`('{secret}', 'LineAsString')",
        f"SELECT file('{secret}')",
        f"SELECT * APPLY(file) FROM (SELECT '{secret}')",
        f"SELECT * FROM `{secret}`",
        f"INSERT INTO FUNCTION file('{target}', 'LineAsString', 'a String') SELECT 'x'",
        f"SELECT 'x' INTO OUTFILE '{target}' FORMAT TSV",
        f"SELECT 'x' INTO/**/OUTFILE '{target}' APPEND FORMAT TSV",
        f"INSERT INTO netflow (SrcAddr) FROM INFILE '{secret}' FORMAT TSV",
        f"CREATE TABLE t (a String) ENGINE = File(TSV, '{target}')",
        "CREATE VIEW v (line String) DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT 'x' AS line",
        "CREATE DATABASE d ENGINE = Filesystem('/')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')",
        "SELECT * FROM remote('127.0.0.1:1', 'system', 'one')",
        "SELECT * FROM s3('http://127.0.0.1:1/b/k', 'TSV', 'a String')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "SELECT * FROM sqlite('x.db', 't')",
        "SELECT 1 FORMAT Protobuf SETTINGS format_schema = 'x:M'",
        "SELECT 1 SETTINGS additional_table_filters = {'system.one': '1'}",
        f"BACKUP TABLE netflow TO File('{target}')",
        "SYSTEM SHUTDOWN",
        "SYSTEM KILL",
        "CREATE USER u",
        "GRANT ALL ON *.* TO default",
        "SET dialect = 'kusto'",
        f"SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
        "SELECT 1; SELECT 2",
        "CREATE USER u PARALLEL WITH DROP TABLE netflow",
        f"SELECT * FROM format(JSONEachRow, concat('a String, b String DEFAULT fi', 'le(''{secret}'')'), '{{}}')",
        "CREATE TABLE t (a String) ENGINE = URL('http://127.0.0.1:1/', 'TSV')",
        "CREATE TABLE t (a String) ENGINE = MySQL('127.0.0.1:1', 'd', 't', 'u', 'p')",
        "CREATE TABLE t (a String) ENGINE = Kafka('127.0.0.1:1', 't', 'g', 'TSV')",
        f"CREATE TABLE t (a String) ENGINE = EmbeddedRocksDB(0, '{target}') PRIMARY KEY a",
        f"CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local_blob_storage, path = '{target}/')",
        f"CREATE DATABASE d ENGINE = Atomic SETTINGS disk = disk(type = local_blob_storage, path = '{target}/')",
        "CREATE DATABASE d ENGINE = MySQL('127.0.0.1:1', 'd', 'u', 'p')",
        "CREATE DATABASE d ENGINE = Backup('default', S3('http://127.0.0.1:1/bucket/k'))",
        f"ATTACH TABLE t FROM '{folder_of(secret)}' (a String) ENGINE = MergeTree ORDER BY a",
        "RESTORE TABLE t FROM S3('http://127.0.0.1:1/bucket/k')",
        dictionary("EXECUTABLE(COMMAND 'id' FORMAT 'TSV')"),
        dictionary(f"FILE(PATH '{secret}' FORMAT 'TSV')"),
        dictionary("HTTP(URL 'http://127.0.0.1:1/' FORMAT 'TSV')"),
        dictionary("MYSQL(HOST '127.0.0.1' PORT 1 USER 'u' PASSWORD 'p' DB 'd' TABLE 't')"),
        dictionary("CLICKHOUSE(HOST '127.0.0.1' PORT 1 QUERY 'SELECT 1')"),
        dictionary("CLICKHOUSE(QUERY 'DROP TABLE netflow')"),
        dictionary(f"CLICKHOUSE(QUERY 'SELECT line FROM file(\\'{secret}\\', \\'LineAsString\\')')"),
        dictionary(r"CLICKHOUSE(QUERY 'SELECT a FROM url(\'http://127.0.0.1:1/\', \'TSV\', \'a String\')')"),
        dictionary("CLICKHOUSE(QUERY 'SELECT c1 FROM `secret`')"),
        dictionary("NULL()", f"SSD_CACHE(PATH '{target}')"),
        "CREATE VIEW v (line String) AS SELECT line FROM secret",
        "CREATE TABLE t (line String) ENGINE = Buffer('default', 'secret', 1, 1, 1, 1, 1, 1, 1)",
        "ALTER TABLE netflow ADD CONSTRAINT c CHECK SrcAddr IN (SELECT * FROM secret)",
        "SET default_normal_view_sql_security = 'DEFINER'",
        "SET default_materialized_view_sql_security = 'DEFINER'",
        "SELECT * FROM format(AvroConfluent, 'a String', unhex('0000000001020304')) "
        "SETTINGS format_avro_schema_registry_url = 'http://127.0.0.1:1/'",
    ]


def folder_of(file):
    return file.parent


def dictionary(source, layout="COMPLEX_KEY_HASHED()"):
    return (f"CREATE DICTIONARY d (line String) PRIMARY KEY line SOURCE({source}) "
            f"LAYOUT({layout}) LIFETIME(0)")


def test_refuses_the_list_by_both_methods(folder):
    secret = folder / "secret"
    secret.write_text("the secret")
    target = folder / "target"
    store = serving(folder)
    for statement in forbidden(secret, target):
        for method in ("GET", "POST"):
            status, content, _ = ask(store, method, statement)
            case.true(status >= 400, f"{method} {statement}: {status} {content}")
            case.true("the secret" not in content, f"{method} {statement}: {content}")
    case.true(not target.exists(), "a file was written")
    case.equal(ask(store, "GET", "SELECT 1")[1], "1\n", "the store lives")
    store.stop()


def test_get_changes_nothing(folder):
    store = serving(folder)
    for statement in (
            "CREATE DATABASE d", "DROP TABLE netflow", "TRUNCATE TABLE netflow",
            "INSERT INTO netflow (SrcAddr) SELECT '::'", "ALTER TABLE netflow ADD COLUMN x UInt8",
            "CREATE FUNCTION f AS x -> x", "OPTIMIZE TABLE netflow", "KILL QUERY WHERE 1",
            "SELECT 1 SETTINGS readonly = 0"):
        status, content, _ = ask(store, "GET", statement)
        case.true(status >= 400, f"{statement}: {status} {content}")
    case.equal(ask(store, "GET", "SELECT sum(number) FROM numbers(4) SETTINGS max_threads = 1")[1],
        "6\n", "what a GET may do")
    store.stop()


def test_refuses_files_beside_the_data_of_an_insert(folder):
    """The session of an INSERT with input() may read files."""
    secret = folder / "secret"
    secret.write_text("the secret")
    store = serving(folder)
    ask(store, "POST", "CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a")
    head = "INSERT INTO t SELECT a FROM input('a String')"
    for tail in (
            "WHERE a NOT IN (SELECT * FROM secret)", "WHERE a NOT IN secret", ", secret",
            "CROSS JOIN secret", "UNION ALL SELECT * FROM secret", "WHERE a NOT IN {t:Identifier}"):
        status, content, _ = ask(
            store, "POST", f"{head} {tail} FORMAT TSV\nx\n", arguments={"param_t": "secret"})
        case.equal(status, 403, f"{tail}: {content}")
    status, content, _ = ask(
        store, "POST", "SELECT * FROM {t:Identifier}", arguments={"param_t": str(secret)})
    case.equal(status, 403, f"a path as a parameter: {content}")
    case.equal(ask(store, "POST", f"{head} WHERE a != 'x' FORMAT TSV\nx\ny\n")[0], 200, "input()")
    case.equal(ask(store, "GET", "SELECT * FROM t")[1], "y\n", "rows of input()")
    store.stop()


def test_reads_no_statement_behind_a_zero_byte(folder):
    store = serving(folder)
    status, content, _ = ask(store, "POST", "SELECT 1 \0 , 2")
    case.equal(status, 400, content)
    store.stop()


def test_dictionaries_load_from_tables(folder):
    store = serving(folder)
    for statement in (
            "CREATE TABLE names (id UInt64, name String) ENGINE = MergeTree ORDER BY id",
            "INSERT INTO names VALUES (1, 'one')",
            "CREATE DICTIONARY d (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE("
            r"QUERY 'SELECT id, name FROM default.names WHERE name != \'\'')) "
            "LAYOUT(HASHED()) LIFETIME(0)"):
        status, content, _ = ask(store, "POST", statement)
        case.equal(status, 200, f"{statement}: {content}")
    case.equal(ask(store, "GET", "SELECT dictGet('d', 'name', 1)")[1], "one\n", "its value")
    store.stop()


# Settings that Grafana's data source, clickhouse-js, clickhouse-java and clickhouse-go send.
CLIENT_SETTINGS = {
    "max_execution_time": "60", "max_result_rows": "1000", "result_overflow_mode": "break",
    "output_format_json_quote_64bit_integers": "0", "session_timezone": "UTC",
    "date_time_input_format": "best_effort", "date_time_output_format": "iso",
    "send_progress_in_http_headers": "1", "http_headers_progress_interval_ms": "100",
    "wait_end_of_query": "1", "add_http_cors_header": "1", "log_comment": "x", "extremes": "0",
    "join_use_nulls": "1", "max_block_size": "100", "max_threads": "1", "use_query_cache": "0",
    "session_id": "s", "client_protocol_version": "54460", "max_memory_usage": "1000000000",
    "http_receive_timeout": "5", "offset": "0", "limit": "0",
}


def test_get_gives_readers_what_changes_nothing(folder):
    store = serving(folder)
    for statement, wanted in (
            ("SELECT sum(number) FROM numbers(4)", "6\n"),
            ("SELECT sum(generate_series) FROM generate_series(1, 3)", "6\n"),
            ("SELECT * FROM values('a UInt8', 1, 2)", "1\n2\n"),
            ("SELECT count() FROM zeros(3)", "3\n"),
            ("SELECT count() FROM (SELECT * FROM generateRandom('a UInt8') LIMIT 3)", "3\n"),
            ("SELECT * FROM view(SELECT 1)", "1\n"),
            ("SELECT count() FROM merge('default', '^netflow$')", "0\n"),
            ("SELECT * FROM format(TSV, 'a UInt8', '1')", "1\n"),
            ("SELECT count() FROM null('a UInt8')", "0\n"),
            ("WITH x AS (SELECT 2) SELECT * FROM x", "2\n"),
            ("EXISTS netflow", "1\n"),
            ("SELECT count() > 1 FROM information_schema.tables", "1\n"),
            ("SELECT 1 SETTINGS max_execution_time = 5", "1\n")):
        case.equal(ask(store, "GET", statement, arguments=CLIENT_SETTINGS)[1], wanted, statement)
    for readonly in ("0", "1", "2"):
        case.equal(ask(store, "GET", "SELECT 1", arguments={"readonly": readonly})[1], "1\n",
            f"readonly={readonly}")
    case.equal(ask(store, "GET", "SELECT * FROM numbers(3)", arguments={"offset": "2"})[1], "2\n",
        "offset, which must not hide the statement from the check")
    store.stop()


def test_refuses_foreign_hosts_and_origins(folder):
    store = serving(folder, ch_serve_host="db.example", ch_serve_origin="https://grafana.example")
    question = "SELECT 1"
    for headers in (
            {"Host": "elsewhere.example"}, {"Host": "elsewhere.example:8123"}, {"Host": ""},
            {"Origin": "https://elsewhere.example"}, {"Origin": "null"},
            {"Origin": "https://grafana.example.elsewhere.example"}):
        for method in ("GET", "POST"):
            status, content, _ = ask(store, method, question, headers)
            case.equal(status, 403, f"{method} with {headers}: {content}")
    for host in ("db.example", "DB.example:1", "localhost", "127.0.0.1:8123", "[::1]:8123"):
        case.equal(ask(store, "GET", question, {"Host": host})[1], "1\n", host)
    status, content, headers = ask(store, "GET", question, {"Origin": "https://grafana.example"})
    case.equal((status, content), (200, "1\n"), "an origin that is allowed")
    case.equal(headers["Access-Control-Allow-Origin"], "https://grafana.example", "its header")
    store.stop()


def test_needs_a_password_beyond_loopback(folder):
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:8123", "db.example:8123"):
        done = process.run(
            "store", [goflow.program("goflow-store"), f"-ch.serve={address}"], folder)
        case.equal(done.child.returncode, 2, f"status with {address}")
        case.true("beyond loopback" in done.stderr, done.stderr)
    users = folder / "users"
    users.touch(mode=0o600)
    users.write_text("a $6$salt$hash rw\n")
    store = serving(folder, ch_serve="0.0.0.0:0", ch_serve_users=users)
    store.stop()


if __name__ == "__main__":
    case.main(globals())
