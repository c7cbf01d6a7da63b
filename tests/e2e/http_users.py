#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- users, TLS and pages of other origins.
import base64
import http.client
import pathlib
import signal
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

HOST = "127.0.0.1"
PAGE = "https://grafana.example"


def password_hash(folder, password):
    done = process.check("openssl", ["openssl", "passwd", "-6", password], folder)
    return done.stdout.strip()


def write_users(folder, *users):
    """Lines of (name, password, rest)."""
    path = folder / "users"
    path.touch(mode=0o600)
    path.write_text("".join(
        f"{name} {password_hash(folder, password)} {rest}\n" for name, password, rest in users))
    return path


def ask(port, method, path="/", body=None, headers=None, context=None):
    """Status, text and headers of one answer."""
    kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
    connection = kind(HOST, port, timeout=30, **({"context": context} if context else {}))
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text, answer.headers


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def keys(name, password):
    return {"X-ClickHouse-User": name, "X-ClickHouse-Key": password}


def test_users_of_the_engine(folder):
    users = write_users(folder, ("reader", "look", "ro"), ("writer", "put", "rw"),
        ("elsewhere", "put", "rw 192.0.2.0/24,2001:db8::/32"))
    store = goflow.Store(folder, f"ipc://{folder}/nobody.ipc", ch_serve_users=users,
        ch_serve_origin=PAGE).wait_until_ready()
    port = store.sql_port
    insert = "INSERT INTO t VALUES (1)"
    for headers in ({}, keys("reader", "put"), keys("nobody", "look"), basic("reader", ""),
            keys("elsewhere", "put")):
        status, text, _ = ask(port, "POST", "/", "SELECT 1", headers)
        case.equal(status, 403, f"{headers}: {text}")
        case.true("Code: 516." in text, text)
    for headers in (keys("reader", "look"), basic("reader", "look")):
        case.equal(ask(port, "POST", "/", "SELECT 1", headers)[1], "1\n", f"{headers}")
    status, text, _ = ask(port, "POST", "/", insert, keys("reader", "look"))
    case.true("Code: 164." in text, f"a reader inserts: {status} {text}")
    for statement in ("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", insert):
        case.equal(ask(port, "POST", "/", statement, keys("writer", "put"))[0], 200, statement)
    case.equal(ask(port, "POST", "/", "SELECT count() FROM t", basic("writer", "put"))[1],
        "1\n", "its row")
    check_preflight(port)
    write_users(folder, ("reader", "changed", "rw"))
    store.send(signal.SIGHUP)
    case.wait_for(lambda: ask(port, "POST", "/", insert, keys("reader", "changed"))[0] == 200, 20,
        "the users of the file that was read again")
    case.equal(ask(port, "POST", "/", insert, keys("writer", "put"))[0], 403, "who is gone")
    store.stop()


def check_preflight(port):
    """Browsers ask without a password whether a page may."""
    wanted = {"Origin": PAGE, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-clickhouse-key"}
    status, text, headers = ask(port, "OPTIONS", "/", None, wanted)
    case.equal((status, text), (204, ""), "the preflight of a page that is allowed")
    case.equal(headers["Access-Control-Allow-Origin"], PAGE, "its origin")
    case.true("POST" in headers["Access-Control-Allow-Methods"], "its method")
    case.true("X-ClickHouse-Key" in headers["Access-Control-Allow-Headers"], "its header")
    for origin in ("https://elsewhere.example", "null"):
        status, _, headers = ask(port, "OPTIONS", "/", None, {**wanted, "Origin": origin})
        case.equal(status, 403, f"the preflight of {origin}")
        case.true("Access-Control-Allow-Origin" not in headers, f"{headers}")


def make_certificate(folder):
    process.check("openssl", ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2",
        "-subj", "/CN=goflow", "-addext", "subjectAltName=IP:127.0.0.1"], folder)
    return {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}


def test_users_and_tls_of_the_metrics(folder):
    users = write_users(folder, ("prometheus", "scrape", "ro"))
    tls = {f"metrics_{name}": path for name, path in make_certificate(folder).items()}
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    ingest = goflow.Ingest(folder, transport="none", tap_bind="", zmq_bind=[],
        metrics_users=users, **tls)
    port = ingest.metrics_port

    def get(path, headers=None):
        return ask(port, "GET", path, None, headers, context)

    def is_up():
        try:
            return get("/healthz")[0] == 200
        except OSError:
            return False

    ingest.until(is_up, 30, "/healthz")
    case.equal(get("/healthz")[1], "ok\n", "/healthz for strangers")
    case.true(get("/readyz")[0] in (200, 503), "/readyz for strangers")
    for path in ("/metrics", "/templates", "/exporters", "/nothing"):
        status, _, headers = get(path)
        case.equal(status, 401, path)
        case.true(headers["WWW-Authenticate"].startswith("Basic "), path)
    case.equal(get("/metrics", basic("prometheus", "wrong"))[0], 401, "a wrong password")
    status, text, _ = get("/metrics", basic("prometheus", "scrape"))
    case.true(status == 200 and "goflow_flows_total" in text, text)
    write_users(folder, ("other", "scrape", "ro"))
    ingest.send(signal.SIGHUP)
    case.wait_for(lambda: get("/metrics", basic("other", "scrape"))[0] == 200, 20, "the new user")
    case.equal(get("/metrics", basic("prometheus", "scrape"))[0], 401, "who is gone")
    ingest.stop()


def test_what_is_wrong_with_the_files_is_said(folder):
    users = write_users(folder, ("a", "b", "ro"))
    for words, said in (
            ([f"-metrics.tls.cert={folder}/cert.pem"], "-metrics.tls.key"),
            ([f"-metrics.users={folder}/missing"], "-metrics.users"),
            ([f"-metrics.users={users}"], "chmod o=")):
        if said == "chmod o=":
            users.chmod(0o644)
        done = process.run("ingest", [goflow.program("goflow-ingest"), "-nf.port=0", "-nfl=false",
            "-sflow=false", "-transport=none", "-tap.bind=", "-metrics.addr=127.0.0.1:0", *words], folder)
        case.true(done.child.returncode != 0, f"{words}: it started")
        case.true(said in done.stderr, f"{words}: {done.stderr}")


if __name__ == "__main__":
    case.main(globals())
