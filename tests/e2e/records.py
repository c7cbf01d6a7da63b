#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- rows beside flows: counters, options, losses.
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import goflow  # noqa: E402
from router import (  # noqa: E402
    AGENT, interface_counters, interface_name, netflow5, send, sflow)

ARRIVE_S = 60
HALF_FULL = 1 << 40


def queries():
    text = (case.ROOT / "docs" / "records.md").read_text()
    return re.findall(r"^```sql\n(.*?)^```$", text, re.M | re.S)


def table_rows(store, name):
    """Zero while the table is not there."""
    known = store.query(f"SELECT name FROM system.tables WHERE name = 'netflow_{name}'")
    return store.query(f"SELECT count() AS n FROM netflow_{name}")[0]["n"] if known else 0


def wait_for_rows(store, name, rows):
    case.wait_until_equal(lambda: table_rows(store, name), rows, ARRIVE_S, f"rows of {name}")


def test_what_an_agent_counts_is_in_a_table(folder):
    line = goflow.Line(folder)
    send(line.ingest.port, *(sflow(i, interface_counters(i, HALF_FULL + i)) for i in range(1, 6)))
    wait_for_rows(line.store, "counters", 5)
    found = line.store.query(
        "SELECT SamplerAddress, SubAgentID, SourceIndex, IfIndex, IfSpeed, InOctets, InErrors,"
        " InUnknownProtos FROM netflow_counters WHERE SourceIndex = 3")
    case.equal(found, [{"SamplerAddress": AGENT, "SubAgentID": 3, "SourceIndex": 3, "IfIndex": 3,
                        "IfSpeed": 10**9, "InOctets": HALF_FULL + 3, "InErrors": 5,
                        "InUnknownProtos": None}], "counters of interface 3")
    line.stop()


def test_a_gap_in_sequence_numbers_is_in_the_ledger(folder):
    line = goflow.Line(folder)
    send(line.ingest.port, netflow5(100, 2), netflow5(102), netflow5(110), netflow5(111))
    line.wait_for_rows(5)
    case.equal(line.ingest.metrics().sum("goflow_sequence_lost_total"), 7, "lost by the metric")
    domain = json.loads(line.ingest.get("/exporters"))["127.0.0.1"]["Domains"][0]
    case.equal((domain["Type"], domain["UnitsLost"], domain["NextSequence"]),
               ("NetFlow5", 7, 112), "the exporter's document")
    line.ingest.stop()
    found = line.store.query(
        "SELECT SamplerAddress, ObservationDomainID, Type, sum(Datagrams) AS datagrams,"
        " sum(UnitsReceived) AS received, sum(UnitsLost) AS lost, sum(Flows) AS flows,"
        " sum(FlowsDropped) AS dropped FROM netflow_loss WHERE SamplerAddress != '::' GROUP BY ALL")
    case.equal(found, [{"SamplerAddress": "127.0.0.1", "ObservationDomainID": 7, "Type": 2,
                        "datagrams": 4, "received": 5, "lost": 7, "flows": 5, "dropped": 0}],
               "the ledger")
    line.store.stop()


def flows_by_exporter(store):
    """{exporter: what the ledger tells of its flows}"""
    rows = store.query(
        "SELECT SamplerAddress, sum(Flows) AS read, sum(FlowsRefused) AS refused,"
        " sum(FlowsAccepted) AS accepted, sum(FlowsSpooled) AS spooled, sum(FlowsDropped) AS dropped"
        " FROM netflow_loss GROUP BY SamplerAddress")
    return {row.pop("SamplerAddress"): row for row in rows}


def all_well(flows, is_spooled=False):
    return {"read": flows, "refused": 0, "accepted": flows, "spooled": flows if is_spooled else 0,
            "dropped": 0}


def test_accepted_and_spooled_flows_are_their_exporters(folder):
    for spool, name in ([], "memory"), (folder / "spool", "disk"):
        line = goflow.Line(
            folder, ingest={"spool_dir": spool, "workers": 2, "name": name},
            store={"name": f"{name}-store"})
        sent = line.ingest.replay("-synthetic=ipfix", "-count=20")["flows"]
        send(line.ingest.port, *(netflow5(i * 7, 7) for i in range(10)), source="127.0.0.21")
        send(line.ingest.port, *(netflow5(i) for i in range(30)), source="127.0.0.22")
        line.wait_for_rows(sent + 100)
        line.ingest.stop()
        expected = {
            exporter: all_well(flows, is_spooled=bool(spool))
            for exporter, flows in (("127.0.0.1", sent), ("127.0.0.21", 70), ("127.0.0.22", 30))}
        case.equal(flows_by_exporter(line.store), expected, f"in {name}")
        line.store.stop()


def test_a_capture_has_rows_of_its_day(folder):
    goflow.replay(folder, "-synthetic=netflow5", "-count=5", f"-write={folder}/day.pcap")
    ingest = goflow.Ingest(folder, read=folder / "day.pcap", stop_timeout="60s")
    store = goflow.Store(folder, ingest.endpoint, ch_ttl="0").wait_until_ready()
    case.equal(ingest.wait(ARRIVE_S), 0, "exit status")
    case.equal(
        store.query(
            "SELECT toDate(TimeReceived) AS day, sum(FlowsAccepted) AS flows FROM netflow_loss"
            " WHERE FlowsAccepted > 0 GROUP BY day ORDER BY day"),
        store.query(
            "SELECT toDate(TimeReceived) AS day, count() AS flows FROM netflow GROUP BY day"
            " ORDER BY day"), "flows by day")
    store.stop()


def test_a_datagram_that_was_cut_is_its_exporters(folder):
    line = goflow.Line(folder)
    send(line.ingest.port, netflow5(1, 2), netflow5(3, 2)[:-1], netflow5(5, 2) + b"more")
    line.wait_for_rows(4)
    line.ingest.stop()
    found = line.store.query(
        "SELECT sum(Datagrams) AS datagrams, sum(Undecodable) AS undecodable,"
        " sum(Truncated) AS truncated FROM netflow_loss WHERE SamplerAddress = '127.0.0.1'")
    case.equal(found, [{"datagrams": 3, "undecodable": 1, "truncated": 1}], "the ledger")
    line.store.stop()


def test_a_ledger_of_an_older_version_gets_the_new_columns(folder):
    line = goflow.Line(folder)
    line.store.query(
        "CREATE TABLE netflow_loss (TimeReceived DateTime('UTC'), SamplerAddress String, Flows UInt64,"
        " FlowsDropped UInt64, IngestID UInt64, BatchSequence UInt64)"
        " ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived")
    line.store.query(
        "INSERT INTO netflow_loss (TimeReceived, SamplerAddress, FlowsDropped) VALUES (now(), '::', 3)")
    send(line.ingest.port, netflow5(1))
    line.wait_for_rows(1)
    line.ingest.stop()
    found = flows_by_exporter(line.store)
    case.equal(found["127.0.0.1"], all_well(1), "of the exporter")
    case.equal(found["::"]["dropped"], 3, "what was there")
    line.store.stop()


def test_what_an_exporter_told_last_is_in_a_table(folder):
    line = goflow.Line(folder)
    names = [interface_name(1, b"eth0"), interface_name(2, b"eth1"), interface_name(1, b"eth0")]
    send(line.ingest.port, *names, interface_name(1, b"wan"))
    wait_for_rows(line.store, "options", 2)
    case.equal(line.ingest.metrics().sum("goflow_batch_records_total", kind="options"), 3,
               "rows: what is repeated is told once")
    found = line.store.query(
        "SELECT SamplerAddress, ObservationDomainID, Scope, ScopeID, Name, Value"
        " FROM netflow_options FINAL ORDER BY ScopeID")
    same = {"SamplerAddress": "127.0.0.1", "ObservationDomainID": 5, "Scope": "interface",
            "Name": "interfaceName"}
    case.equal(found, [{**same, "ScopeID": 1, "Value": "wan"},
                       {**same, "ScopeID": 2, "Value": "eth1"}], "names of interfaces")
    line.stop()


def test_every_query_of_the_document_returns_rows(folder):
    line = goflow.Line(folder)
    send(line.ingest.port, netflow5(1), interface_name(1, b"eth0"),
         sflow(1, interface_counters(1, 1)), sflow(5, interface_counters(1, 1)))
    line.wait_for_rows(1)
    wait_for_rows(line.store, "options", 1)
    wait_for_rows(line.store, "counters", 2)
    line.ingest.stop()
    case.true(table_rows(line.store, "loss") > 0, "no row in the ledger")
    for statement in queries():
        rows = line.store.query(statement.replace("yesterday()", "today()"))
        case.true(rows or statement.startswith("CREATE"), f"no rows from {statement}")
        if "FlowsStored" in statement:
            check_completeness(rows)
    line.store.stop()


def check_completeness(rows):
    """One flow was sent, and a counter sample with a gap before it."""
    by_exporter = {row["SamplerAddress"]: row for row in rows if row["Type"] != 4}
    case.equal(set(by_exporter), {"127.0.0.1", AGENT}, "exporters")
    exporter = by_exporter["127.0.0.1"]
    flows = {name: exporter[name] for name in exporter if name.startswith("Flows")}
    case.equal(
        flows, {"FlowsRead": 1, "FlowsRefused": 0, "FlowsAccepted": 1, "FlowsSpooled": 0,
                "FlowsDropped": 0, "FlowsStored": 1, "FlowsWaiting": 0}, "of the exporter")
    case.equal(by_exporter[AGENT]["LostOnTheWay"], 3, "lost on the way from the agent")


def test_without_them_there_are_flows_only(folder):
    line = goflow.Line(folder, ingest={"records": False})
    send(line.ingest.port, sflow(1, interface_counters(1, 1)), netflow5(1), netflow5(2))
    line.wait_for_rows(2)
    line.ingest.stop()
    case.equal(table_rows(line.store, "counters"), 0, "rows of counters")
    case.equal(table_rows(line.store, "loss"), 0, "rows of losses")
    line.store.stop()


def test_an_old_server_takes_them_too(folder):
    server = clickhouse.Server(folder)
    ingest = goflow.Ingest(folder).wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint,
                         ch_addr=f"http://127.0.0.1:{server.http_port}").wait_until_ready()
    send(ingest.port, sflow(1, interface_counters(1, HALF_FULL)))
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_pull_records_stored_total"), 1, ARRIVE_S, "stored")
    case.equal(server.value("SELECT sum(InOctets) FROM netflow_counters"), HALF_FULL, "octets")
    ingest.stop()
    case.equal(server.value("SELECT sum(Datagrams) FROM netflow_loss"), 1, "datagrams")
    store.stop()


def test_rows_that_the_database_refuses_hold_no_flows_up(folder):
    line = goflow.Line(folder)
    line.store.query("CREATE VIEW netflow_counters AS SELECT 1 AS nothing")
    send(line.ingest.port, sflow(1, interface_counters(1, 1)))
    line.store.until(lambda: "refuses rows beside flows" in line.store.stderr, 30, "says so")
    sent = line.ingest.replay("-synthetic=netflow5", "-count=50")
    line.wait_for_rows(sent["flows"])
    line.stop()


if __name__ == "__main__":
    case.main(globals())
