#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what a store does with what a database answers.
"""
Exceptions that never pass, from a column and from a view, into a table with and without the identity
columns; INSERTs that are too large for a proxy or for the server; dead letters put in through a proxy
with a limit; an INSERT of which fewer rows are written than were sent. On the embedded engine behind -ch.serve, and on a real server of another age.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

COLUMNS = """
    TimeReceived DateTime, SrcAddr String, DstAddr String, NextHop String, SrcPort UInt32,
    DstPort UInt32, Proto UInt32, Etype UInt32, TCPFlags UInt32, IPTos UInt32, InIf UInt32,
    OutIf UInt32, SrcAS UInt32, DstAS UInt32, SrcNet UInt32, DstNet UInt32, SequenceNum UInt32,
    Bytes UInt64, Packets UInt64"""
OURS = COLUMNS + ", IngestID UInt64, BatchSequence UInt64"
TABLE = """
CREATE TABLE netflow ({columns}) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""
NEVER = "intDiv(1, Bytes - Bytes)"  # exception 153
COPIES_MAX = 4
PART = 100  # rows, fewer than a batch has
REFUSALS = {
    "a proxy": (b"413 Request Entity Too Large", b"<html>413</html>"),
    "memory": (b"500 Internal Server Error", b"Code: 241. DB::Exception: Memory limit (for query) exceeded"),
    "partitions": (
        b"500 Internal Server Error",
        b"Code: 252. DB::Exception: Too many partitions for single INSERT block (more than 100)"),
    "the query": (
        b"400 Bad Request", b"Code: 62. DB::Exception: Syntax error: Max query size exceeded"),
}


class Line:
    """A table, one ingest, one store with a folder for dead letters."""

    def __init__(self, folder, database, columns=OURS, through=None, **settings):
        self.folder = folder
        self.database = database
        database.query("DROP TABLE IF EXISTS netflow")  # the store of the engine makes one
        database.query(TABLE.format(columns=columns))
        self.dead = folder / "dead"
        self.ingest = goflow.Ingest(
            folder, batch_flows=300, ack_timeout="2s", records=False).wait_until_ready()
        self.store = goflow.Store(
            folder, self.ingest.endpoint, deadletter_dir=self.dead, block_age="100ms",
            ch_addr=f"127.0.0.1:{(through or database).port_of_clients}", **settings).wait_until_ready()
        case.wait_until_equal(
            lambda: self.store.metrics().sum("goflow_write_database_up"), 1, 30, "database_up")
        self.flows = numbered.Flows(folder)

    def send(self, count=20):
        self.flows.send(self.ingest, count=count, protocol="netflow5", pps=2000)

    def rows(self, what="count()"):
        return int(self.database.query(f"SELECT {what} AS c FROM netflow")[0]["c"])

    def rejected(self):
        return self.store.metrics().sum("goflow_write_rows_rejected_total")

    def replay(self, port, status=0):
        done = process.run("replay-dead", [
            goflow.program("goflow-store"), "-deadletter.replay",
            *goflow.flags({"deadletter_dir": self.dead, "ch_addr": f"127.0.0.1:{port}"})], self.folder)
        case.equal(done.child.returncode, status, f"exit status: {done.failure()}")
        return {key: int(value) for key, value in (pair.split("=") for pair in done.stdout.split())}


def with_port(database):
    database.port_of_clients = getattr(database, "http_port", None) or database.port
    return database


def engine(folder):
    return with_port(engine_server.Engine(folder))


def server(folder):
    return with_port(clickhouse.Server(folder))


def check_column(folder, database, can_replay):
    line = Line(folder, database)
    database.query(f"ALTER TABLE netflow ADD COLUMN Never Int64 MATERIALIZED {NEVER}")
    line.send()
    case.wait_until_equal(line.rejected, line.flows.count, 90, "rows in the dead letters")
    case.equal(line.rows(), 0, "rows in the table")
    words = next(line.dead.glob("*.error")).read_text()
    case.true("153" in words, f"the error beside the file does not say why: {words}")
    database.query("ALTER TABLE netflow DROP COLUMN Never")
    bad = line.flows.count
    line.send()
    case.wait_until_equal(line.rows, line.flows.count - bad, 60, "rows once the column is gone")
    if can_replay:
        case.equal(line.replay(database.http_port)["rows"], bad, "rows that were replayed")
        line.flows.check(database.query)


def check_view_without_identity(folder, database):
    line = Line(folder, database, columns=COLUMNS)
    database.query(
        f"CREATE MATERIALIZED VIEW never ENGINE = MergeTree ORDER BY x AS SELECT {NEVER} AS x FROM netflow")
    line.send()
    case.wait_until_equal(line.rejected, line.flows.count, 90, "rows in the dead letters")
    most = line.rows() / line.flows.count
    case.true(most <= COPIES_MAX, f"{most} copies of each flow")


def check_too_large(folder, database, status, words):
    proxy = with_port(faulty_proxy.Proxy(database.http_port))
    proxy.limit = 64 * 1024
    proxy.refusal = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(words), words)
    proxy.spoil(faulty_proxy.limit, b"query=INSERT", faulty_proxy.FOR_EVER)
    line = Line(folder, database, through=proxy, ch_table="netflow")
    line.send(count=400)
    line.flows.check(database.query)
    numbered.check_counters(line.ingest)
    page = line.store.metrics()
    case.true(page.sum("goflow_write_inserts_total", outcome="too_large") > 0, "nothing was too large")
    case.true(page.sum("goflow_write_insert_rows_max") > 0, "no limit is kept")
    case.equal(page.sum("goflow_write_rows_rejected_total"), 0, "rows rejected")
    before = page.sum("goflow_write_inserts_total", outcome="too_large")
    line.send(count=400)
    line.flows.check(database.query)
    after = line.store.metrics().sum("goflow_write_inserts_total", outcome="too_large")
    case.true(after <= before + 1, f"the limit was forgotten: {before}, then {after} were too large")


def check_replay_in_parts(folder, database):
    line = Line(folder, database)
    database.query(f"ALTER TABLE netflow ADD COLUMN Never Int64 MATERIALIZED {NEVER}")
    line.send(count=400)
    case.wait_until_equal(line.rejected, line.flows.count, 90, "rows in the dead letters")
    database.query("ALTER TABLE netflow DROP COLUMN Never")
    proxy = faulty_proxy.Proxy(database.http_port)
    proxy.limit = 64 * 1024
    proxy.refusal = b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n"
    proxy.spoil(faulty_proxy.limit, b"query=INSERT", faulty_proxy.FOR_EVER)
    case.true(any(path.stat().st_size > proxy.limit for path in line.dead.glob("*.native")),
              "no file is above the limit")
    saved = {path: path.read_bytes() for path in line.dead.iterdir()}
    case.equal(line.replay(proxy.port)["rows"], line.flows.count, "rows that were replayed")
    line.flows.check(database.query)
    for path, data in saved.items():
        path.write_bytes(data)  # as if it had been killed before it could remove them
    case.equal(line.replay(proxy.port)["rows"], 0, "rows of a second replay")
    line.flows.check(database.query)


def check_fewer_rows(folder, database):
    """Of the first block the database writes a part of one batch, and reports the count."""
    proxy = with_port(faulty_proxy.Proxy(database.http_port))
    proxy.limit = PART
    line = Line(folder, database, through=proxy)
    proxy.spoil(faulty_proxy.cut, b"query=INSERT", 1)
    line.send()
    case.wait_for(lambda: line.rejected() > 0, 90, "rows in the dead letters")
    case.wait_until_equal(
        lambda: line.rows() - PART + line.rejected(), line.flows.count, 90, "rows and dead letters")
    dead = line.rejected()
    stored = line.ingest.metrics().sum("goflow_link_flows_stored_total")
    case.equal(stored, line.flows.count - dead, "flows that count as stored")
    words = " ".join(path.read_text() for path in line.dead.glob("*.error"))
    part = re.search(rf"has {PART} of \d+ rows of the batch (IngestID = \d+ AND BatchSequence = \d+):", words)
    case.true(part is not None, f"the error beside the file does not name the batch: {words}")
    database.query(f"ALTER TABLE netflow DELETE WHERE {part[1]} SETTINGS mutations_sync = 1")
    case.equal(line.replay(database.http_port)["rows"], dead, "rows that were replayed")
    line.flows.check(database.query)


def test_engine_writes_fewer_rows_than_sent(folder):
    check_fewer_rows(folder, engine(folder))


def test_engine_throws_in_a_column(folder):
    check_column(folder, engine(folder), can_replay=True)


def test_server_throws_in_a_column(folder):
    check_column(folder, server(folder), can_replay=False)  # it lacks types of the file


def test_engine_throws_in_a_view_of_a_table_that_cannot_be_asked(folder):
    check_view_without_identity(folder, engine(folder))


def test_server_throws_in_a_view_of_a_table_that_cannot_be_asked(folder):
    check_view_without_identity(folder, server(folder))


def test_engine_finds_inserts_too_large(folder):
    check_too_large(folder, engine(folder), *REFUSALS["a proxy"])


def test_server_finds_inserts_too_large(folder):
    check_too_large(folder, server(folder), *REFUSALS["a proxy"])


def test_engine_lacks_memory_for_an_insert(folder):
    check_too_large(folder, engine(folder), *REFUSALS["memory"])


def test_engine_has_a_limit_of_partitions(folder):
    check_too_large(folder, engine(folder), *REFUSALS["partitions"])


def test_engine_has_a_limit_of_the_query(folder):
    check_too_large(folder, engine(folder), *REFUSALS["the query"])


def test_engine_takes_dead_letters_in_parts(folder):
    check_replay_in_parts(folder, engine(folder))


if __name__ == "__main__":
    case.main(globals())
