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


def ask(store, method, statement, headers=None):
    """Status and text of one request; a GET has the statement in its URL."""
    connection = http.client.HTTPConnection(HOST, store.sql_port, timeout=60)
    path = "/?" + urllib.parse.urlencode({"query": statement}) if method == "GET" else "/"
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
        f"BACKUP TABLE netflow TO File('{target}')",
        "SYSTEM SHUTDOWN",
        "SYSTEM KILL",
        "CREATE USER u",
        "GRANT ALL ON *.* TO default",
        "SET dialect = 'kusto'",
        f"SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
        "SELECT 1; SELECT 2",
    ]


def test_refuses_the_list_by_both_methods(folder):
    secret = folder / "secret"
    secret.write_text("the secret")
    target = folder / "target"
    store = serving(folder)
    for statement in forbidden(secret, target):
        for method in ("GET", "POST"):
            status, content, _ = ask(store, method, statement)
            case.true(status >= 400, f"{method} {statement}: {status} {content}")
            case.true(not content.startswith("the secret"), f"{method} {statement}: {content}")
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


if __name__ == "__main__":
    case.main(globals())
