#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- counter samples of sFlow, as tshark reads them.
"""
Each sample with a counter that has a column is a row of netflow_counters, and every column of it
what tshark tells. Within a sample with a record that tshark does not know, it reads the record's
body as further records; such a sample is not compared.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402
import recordings  # noqa: E402
import tshark  # noqa: E402

SAMPLE = re.compile(r"(Expanded c|C)ounters sample, seq \d+$")
UNKNOWN = "Unknown sample format"
LARGE = {"InOctets", "OutOctets", "IfSpeed", "VlanOctets", "TotalMemory", "FreeMemory"}
MISSING = {True: 2**64 - 1, False: 2**32 - 1}  # of a large counter, of an ordinary one
SOURCE = {
    "sflow.counters_sample.sequence_number": "SampleSequence",
    "sflow.counters_sample.source_id_type": "SourceClass",
    "sflow.counters_sample.source_id_index": "SourceIndex",
}
COUNTERS = {
    "sflow_245.ifindex": "IfIndex", "sflow_245.iftype": "IfType", "sflow_245.ifspeed": "IfSpeed",
    "sflow_245.ifdirection": "IfDirection", "sflow_245.ifinoct": "InOctets",
    "sflow_245.ifinpkt": "InUnicastPackets", "sflow_245.ifinmcast": "InMulticastPackets",
    "sflow_245.ifinbcast": "InBroadcastPackets", "sflow_245.ifindisc": "InDiscards",
    "sflow_245.ifinerr": "InErrors", "sflow_245.ifinunk": "InUnknownProtos",
    "sflow_245.ifoutoct": "OutOctets", "sflow_245.ifoutpkt": "OutUnicastPackets",
    "sflow_245.ifoutmcast": "OutMulticastPackets", "sflow_245.ifoutbcast": "OutBroadcastPackets",
    "sflow_245.ifoutdisc": "OutDiscards", "sflow_245.ifouterr": "OutErrors",
    "sflow_245.ifpromisc": "PromiscuousMode",
    **{f"sflow_245.dot3Stats{name}": name for name in (
        "AlignmentErrors", "FCSErrors", "SingleCollisionFrames", "MultipleCollisionFrames",
        "SQETestErrors", "DeferredTransmissions", "LateCollisions", "ExcessiveCollisions",
        "InternalMacTransmitErrors", "CarrierSenseErrors", "FrameTooLongs",
        "InternalMacReceiveErrors", "SymbolErrors")},
    "sflow_245.vlan_id": "VlanId", "sflow_245.octets": "VlanOctets",
    "sflow_245.ucastPkts": "VlanUnicastPackets", "sflow_245.multicastPkts": "VlanMulticastPackets",
    "sflow_245.broadcastPkts": "VlanBroadcastPackets", "sflow_245.discards": "VlanDiscards",
    "sflow_5.cpu_5s": "CPU5s", "sflow_5.cpu_1m": "CPU1m", "sflow_5.cpu_5m": "CPU5m",
    "sflow_5.total_memory": "TotalMemory", "sflow_5.free_memory": "FreeMemory",
}
STATUS = {"sflow_245.ifadmin_status": 1, "sflow_245.ifoper_status": 2}  # bits of IfStatus


def theirs(folder, capture):
    """The samples as tshark shows them."""
    rows = []
    for packet in tshark.packets(folder, capture):
        agent = {"SamplerAddress": tshark.text(packet.export, "sflow_245.agent")
                 or tshark.text(packet.export, "sflow_245.agent.v6"),
                 "SubAgentID": int(tshark.text(packet.export, "sflow_245.sub_agent_id") or 0)}
        for sample in packet.export.findall("field"):
            is_known = SAMPLE.match(sample.get("show") or "") and not any(
                UNKNOWN in (field.get("show") or "") for field in sample.iter("field"))
            told = counters(sample) if is_known else {}
            if told:
                rows.append({**agent, **numbers(sample, SOURCE), **told})
    return rows


def numbers(sample, columns):
    return {columns[field.get("name")]: int(field.get("show"), 0)
            for field in sample.iter("field") if field.get("name") in columns}


def counters(sample):
    """Those that the device has."""
    told = numbers(sample, COUNTERS)
    if "IfIndex" in told:
        told["IfStatus"] = sum(
            bit for name, bit in STATUS.items() if tshark.text(sample, name) in ("1", "True"))
    return {name: value for name, value in told.items() if value != MISSING[name in LARGE]}


def ours(folder, capture, rows):
    line = goflow.Line(folder)
    line.ingest.replay(capture)
    case.wait_until_equal(lambda: stored(line.store), rows, 60, "rows of counters")
    names = ", ".join(sorted({"SamplerAddress", "SubAgentID", "IfStatus", *SOURCE.values(),
                              *COUNTERS.values()}))
    found = line.store.query(f"SELECT {names} FROM netflow_counters")
    line.stop()
    return [{name: value for name, value in row.items() if value is not None} for row in found]


def stored(store):
    """Zero while the table is not there."""
    known = store.query("SELECT name FROM system.tables WHERE name = 'netflow_counters'")
    return store.query("SELECT count() AS n FROM netflow_counters")[0]["n"] if known else 0


def in_order(rows):
    return sorted(rows, key=lambda row: (row["SourceIndex"], row["SampleSequence"], str(row)))


def check(folder, capture):
    expected = theirs(folder, capture)
    case.true(expected, f"{capture.name}: tshark shows no counter sample")
    found = ours(folder, capture, len(expected))
    for mine, other in zip(in_order(found), in_order(expected)):
        case.equal(mine, other, f"{capture.name}: sample {other['SampleSequence']} of source "
                                f"{other['SourceIndex']}")


def test_every_record_that_is_read(folder):
    check(folder, golden.write_sflow_seed(folder, "counters"))


def test_recorded_exports(folder):
    for name in ("sflow-multiple-counter-30-pdus", "sflow-print-v6"):
        place = folder / name
        place.mkdir()
        check(place, recordings.FOLDER / f"{name}.pcap")


if __name__ == "__main__":
    recordings.main(globals())
