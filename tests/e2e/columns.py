#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- columns of the table become real when they have values.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

ARRIVE_S = 60
COMPUTED = {"FlowType", "TimeFlowStartNs", "TimeFlowEndNs"}
SUMS = ("SELECT sum(Bytes) AS bytes, sum(Packets) AS packets, sum(SrcAS) AS source_as, "
        "sum(DstAS) AS destination_as, uniqExact(NextHop) AS hops FROM netflow")


def kinds(store):
    """Of each column: "", ALIAS, DEFAULT."""
    return {row["name"]: row["default_type"] for row in store.query("DESCRIBE TABLE netflow")}


def codecs(store):
    return {row["name"]: row["compression_codec"] for row in store.query(
        "SELECT name, compression_codec FROM system.columns WHERE table = 'netflow'")}


def unfilled(store):
    return {name for name, kind in kinds(store).items() if kind == "ALIAS"} - COMPUTED


def send_plain(line, octets):
    """A flow of two addresses, octets and packets."""
    exports.send(line.ingest.port, exports.netflow9(
        1, exports.template(), exports.data([(octets, 1)])))


def test_a_column_is_an_alias_until_a_flow_has_a_value_for_it(folder):
    line = goflow.Line(folder)
    send_plain(line, 1000)
    line.wait_for_rows(1)
    before = unfilled(line.store)
    case.true({"SrcAS", "NextHop", "TCPFlags", "UserName", "Extra"} < before, f"ALIAS: {before}")
    sent = line.ingest.replay("-synthetic=netflow9", "-count=100", "-seed=5")
    line.wait_for_rows(1 + sent["flows"])
    filled = before - unfilled(line.store)
    case.true({"SrcAS", "NextHop", "TCPFlags"} <= filled, f"real now: {filled}")
    case.true("UserName" in unfilled(line.store), "UserName has no value yet")
    case.equal(codecs(line.store)["SrcAS"], "CODEC(T64, LZ4)", "codec")
    old = line.store.query("SELECT SrcAS, NextHop, TCPFlags FROM netflow WHERE Bytes = 1000 "
                           "AND SrcAddr = '192.0.2.1'")
    case.equal(old, [{"SrcAS": 0, "NextHop": "::", "TCPFlags": 0}], "the row from before")
    case.equal(line.store.query(SUMS)[0]["bytes"], 1000 + sent["bytes"], "octets")
    line.stop()


def same_flows(folder, name, **store):
    line = goflow.Line(folder / name, store=store)
    sent = line.ingest.replay("-synthetic=ipfix", "-count=300", "-seed=9")
    line.wait_for_rows(sent["flows"])
    sums = line.store.query(SUMS)[0]
    aliases = {name for name, kind in kinds(line.store).items() if kind == "ALIAS"}
    line.stop()
    return sums, aliases


def test_all_columns_from_the_start_hold_the_same(folder):
    for name in ("filled", "all"):
        (folder / name).mkdir()
    grown, _ = same_flows(folder, "filled")
    full, aliases = same_flows(folder, "all", ch_columns="all")
    case.equal(aliases, COMPUTED, "ALIAS columns with -ch.columns=all")
    case.equal(grown, full, "sums")
    case.true(full["source_as"] > 0 and full["hops"] > 1, f"sums: {full}")


def test_two_stores_fill_the_same_columns_at_once(folder):
    ingest = goflow.Ingest(folder, batch_flows=100)
    first = goflow.Store(folder, ingest.endpoint, name="first")
    first.wait_until_ready()
    second = goflow.Store(folder, ingest.endpoint, name="second", ch_addr="127.0.0.1",
                          ch_port=first.sql_port, ch_serve="")
    ingest.wait_until_ready()
    second.wait_until_ready()
    sent = {"flows": 0, "bytes": 0}
    for kind in ("netflow5", "netflow9", "ipfix", "sflow"):
        part = ingest.replay(f"-synthetic={kind}", "-count=400", "-pps=2000", "-seed=3")
        sent = {name: sent[name] + part[name] for name in sent}
    case.wait_until_equal(first.rows, sent["flows"], ARRIVE_S, "rows")
    case.equal(first.query(SUMS)[0]["bytes"], sent["bytes"], "octets")
    for store in (first, second):
        case.true(store.metrics().sum("goflow_write_rows_total") > 0, f"{store.name} wrote nothing")
        case.true("not stored" not in store.stderr, store.stderr)
    rows = first.query("SELECT Type, countIf(SrcAS > 0) AS filled FROM netflow GROUP BY Type")
    without = [row["Type"] for row in rows if row["filled"] == 0]
    case.equal((len(rows), without), (4, ["sFlow5"]), "types, and those without an AS")
    for program in (ingest, second, first):
        program.stop()


def test_a_column_that_the_user_changed_stays_as_it_is(folder):
    line = goflow.Line(folder)
    send_plain(line, 1)
    line.wait_for_rows(1)
    line.store.query("ALTER TABLE netflow MODIFY COLUMN SrcAS UInt32 ALIAS 64500")
    line.store.query("ALTER TABLE netflow MODIFY COLUMN DstAS REMOVE ALIAS")
    line.store.query("ALTER TABLE netflow MODIFY COLUMN DstAS UInt32 CODEC(ZSTD(3))")
    sent = line.ingest.replay("-synthetic=netflow9", "-count=50", "-seed=5")
    line.wait_for_rows(1 + sent["flows"])
    case.equal(line.store.value("uniqExact(SrcAS)"), 1, "values of the user's own ALIAS")
    case.true(line.store.value("sum(DstAS)") > 0, "nothing in DstAS")
    case.equal(codecs(line.store)["DstAS"], "CODEC(ZSTD(3))", "codec")
    line.stop()


def test_a_view_on_an_unfilled_column_goes_on_when_it_is_filled(folder):
    line = goflow.Line(folder)
    send_plain(line, 1)
    line.wait_for_rows(1)
    line.store.query("CREATE MATERIALIZED VIEW by_as ENGINE = SummingMergeTree ORDER BY SrcAS AS "
                     "SELECT SrcAS, sum(Bytes) AS bytes FROM netflow GROUP BY SrcAS")
    send_plain(line, 2)
    line.wait_for_rows(2)
    sent = line.ingest.replay("-synthetic=netflow9", "-count=50", "-seed=5")
    line.wait_for_rows(2 + sent["flows"])
    found = line.store.query("SELECT SrcAS AS number, sum(bytes) AS octets FROM by_as "
                             "GROUP BY SrcAS ORDER BY SrcAS")
    expected = line.store.query("SELECT SrcAS AS number, sum(Bytes) AS octets FROM netflow "
                                "WHERE Bytes != 1 GROUP BY SrcAS ORDER BY SrcAS")
    case.equal(found, expected, "octets by AS")
    case.true(len(found) > 2, f"ASes: {found}")
    line.stop()


def test_dead_letters_fill_the_columns_of_a_new_table(folder):
    dead = folder / "dead"
    line = goflow.Line(folder, store={"deadletter_dir": dead})
    line.store.query("ALTER TABLE netflow ADD CONSTRAINT none CHECK Bytes > 1000000000000")
    sent = line.ingest.replay("-synthetic=ipfix", "-count=50")
    case.wait_until_equal(
        lambda: line.store.metrics().sum("goflow_write_rows_rejected_total"),
        sent["flows"], ARRIVE_S, "rows rejected")
    line.store.query("DROP TABLE netflow")
    process.check("replay-dead", [
        goflow.program("goflow-store"), "-deadletter.replay",
        *goflow.flags({"deadletter_dir": dead, "ch_path": folder / "store-data"})], folder, 60)
    sums = line.store.query(SUMS)[0]
    case.equal(sums["bytes"], sent["bytes"], "octets")
    case.true(sums["source_as"] > 0 and sums["hops"] > 1, f"sums: {sums}")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
