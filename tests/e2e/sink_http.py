#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow-store and a real ClickHouse server over HTTP.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402

PLAIN_TABLE = """
CREATE TABLE plain (
    TimeReceived DateTime, SrcAddr String, DstAddr String, SrcPort UInt32, DstPort UInt32,
    Proto UInt32, Bytes UInt64, Packets UInt32, Remark String
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""
PASSWORD = "not-in-ps-and-not-in-logs"


class Line:
    """One ingest, one store, one server."""

    def __init__(self, folder, server, **store):
        self.server = server
        self.ingest = goflow.Ingest(folder).wait_until_ready()
        (folder / "password").write_text(server.password + "\n")
        self.store = goflow.Store(
            folder, self.ingest.endpoint, **{
                "ch_addr": f"127.0.0.1:{server.http_port}",
                "ch_password_file": folder / "password", **store}).wait_until_ready()

    def sums(self, table):
        """Of a table that may not be there yet."""
        if self.server.value(f"EXISTS TABLE {table}") == 0:
            return {}
        rows = self.server.query(
            f"SELECT count() AS flows, sum(Bytes) AS bytes, sum(Packets) AS packets FROM {table}")
        return {name: int(value) for name, value in rows[0].items()}

    def wait_for(self, table, sent, seconds=60):
        expected = {name: sent[name] for name in ("flows", "bytes", "packets")}
        case.wait_until_equal(lambda: self.sums(table), expected, seconds, f"sums of {table}")

    def stop(self):
        self.ingest.stop()
        self.store.stop()


def test_fills_a_table_that_the_user_made(folder):
    server = clickhouse.Server(folder)
    server.query(PLAIN_TABLE)
    columns = server.query("DESCRIBE TABLE plain")
    line = Line(folder, server, ch_table="plain")
    line.wait_for("plain", line.ingest.replay("-synthetic=netflow5", "-count=500"))
    texts = server.query("SELECT DISTINCT SrcAddr AS a FROM plain WHERE SrcAddr LIKE '%.%.%.%'")
    case.true(len(texts) > 10, "addresses are not text as people write it")
    case.equal(server.query("DESCRIBE TABLE plain"), columns, "columns of the user's table")
    line.stop()


def test_makes_database_and_table_on_an_old_server(folder):
    server = clickhouse.Server(folder)
    line = Line(folder, server, ch_database="net flows", ch_compress=True)
    sent = line.ingest.replay("-synthetic=ipfix", "-count=300")
    line.wait_for("`net flows`.netflow", sent)
    parts = server.value("SELECT count() FROM system.parts WHERE table = 'netflow'")
    inserts = line.store.metrics().sum("goflow_write_blocks_stored_total")
    case.true(parts <= inserts, f"{parts} parts of {inserts} inserts: a block was split")
    line.stop()


def test_waits_for_a_server_that_comes_later_and_survives_its_death(folder):
    server = clickhouse.Server(folder)
    server.kill()
    line = Line(folder, server)
    before = line.ingest.replay("-synthetic=netflow9", "-count=200")
    line.store.until(lambda: "takes no data" in line.store.stderr, 20, "says that it waits")
    server.start()
    line.wait_for("netflow", before)
    server.kill()
    during = line.ingest.replay("-synthetic=netflow9", "-count=200", "-seed=7")
    server.start()
    line.wait_for("netflow", {name: before[name] + during[name] for name in before})
    line.stop()


def test_reads_a_schema_again_that_changed_under_it(folder):
    server = clickhouse.Server(folder)
    server.query(PLAIN_TABLE)
    line = Line(folder, server, ch_table="plain")
    server.query("ALTER TABLE plain DROP COLUMN Bytes")
    server.query("ALTER TABLE plain ADD COLUMN Bytes UInt64 MATERIALIZED 1")
    line.ingest.replay("-synthetic=netflow5", "-count=10")
    case.wait_for(lambda: line.server.value("SELECT count() FROM plain") > 0, 30,
                  "a changed schema is read again")
    line.stop()


def test_a_table_of_an_older_goflow_gets_the_new_values_of_an_enumeration(folder):
    server = clickhouse.Server(folder)
    line = Line(folder, server)
    line.wait_for("netflow", line.ingest.replay("-synthetic=netflow5", "-count=10"))
    line.stop()
    server.query("ALTER TABLE netflow MODIFY COLUMN TunnelType Enum8('none' = 0, 'GRE' = 1)")
    later = Line(folder, server)

    def has_new_values():
        rows = server.query("SELECT type FROM system.columns "
                            "WHERE table = 'netflow' AND name = 'TunnelType'")
        return "'EtherIP' = 10" in rows[0]["type"]

    later.store.until(has_new_values, 30, "the new values")
    later.stop()


def test_a_lost_answer_costs_no_row_and_doubles_none(folder):
    server = clickhouse.Server(folder)
    proxy = faulty_proxy.Proxy(server.http_port)
    line = Line(folder, server, ch_addr=f"127.0.0.1:{proxy.port}", block_age="100ms")
    case.wait_until_equal(
        lambda: line.store.metrics().sum("goflow_write_database_up"), 1, 30, "database_up")
    proxy.spoil(faulty_proxy.lose_answer, b"query=INSERT", 4)
    sent = {}

    def all_are_lost():
        """Sends more: how many inserts the flows take is up to the store."""
        more = line.ingest.replay("-synthetic=netflow9", "-count=200", "-pps=2000")
        for what in ("flows", "bytes", "packets"):
            sent[what] = sent.get(what, 0) + more[what]
        return proxy.left == 0

    case.wait_for(all_are_lost, 60, "four answers are lost")
    line.wait_for("netflow", sent)
    metrics = line.store.metrics()
    case.equal(metrics.sum("goflow_write_inserts_total", outcome="unknown"), 4, "unknown inserts")
    case.true(metrics.sum("goflow_write_rows_left_out_total") > 0, "no batch was found again")
    line.stop()
    case.equal(line.sums("netflow")["flows"], sent["flows"], "flows after the stop")


def test_the_password_shows_up_nowhere(folder):
    server = clickhouse.Server(folder, password=PASSWORD)
    line = Line(folder, server, loglevel="debug")
    line.wait_for("netflow", line.ingest.replay("-synthetic=netflow5", "-count=50"))
    server.kill()
    line.ingest.replay("-synthetic=netflow5", "-count=5")
    line.store.until(lambda: "takes no data" in line.store.stderr, 20, "says that it waits")
    pid = line.store.child.pid
    seen = pathlib.Path(f"/proc/{pid}/cmdline").read_text() + line.store.stderr
    seen += line.store.get("/metrics")
    case.true(PASSWORD not in seen, "the password is in ps, log or metrics")


def test_a_wrong_password_is_said_clearly_and_costs_nothing(folder):
    server = clickhouse.Server(folder, password=PASSWORD)
    (folder / "wrong").write_text("wrong\n")
    line = Line(folder, server, ch_password_file=folder / "wrong")
    sent = line.ingest.replay("-synthetic=netflow5", "-count=50")
    line.store.until(lambda: "assword" in line.store.stderr, 20, "says that the password is wrong")
    line.store.kill()
    line.store = goflow.Store(folder, line.ingest.endpoint, name="again",
                        ch_addr=f"http://127.0.0.1:{server.http_port}",
                        ch_password_file=folder / "password").wait_until_ready()
    line.wait_for("netflow", sent)
    line.stop()


if __name__ == "__main__":
    case.main(globals())
