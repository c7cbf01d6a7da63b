#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the same captures to pmacct's collectors and to us.
"""
nfacctd reads NetFlow and IPFIX, sfacctd sFlow. They print sums of flows that are equal in all that
they are asked for, so ours are added up, too, before they are compared.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import differences  # noqa: E402
import differences_pmacct  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402
import pmacct  # noqa: E402
import recordings  # noqa: E402

AT_ONCE = 8  # collectors that run side by side
ICMP = (1, 58)
SUMS = ("Bytes", "Packets")
ORDER = ("SrcAddr", "DstAddr", "Proto", "SrcPort", "DstPort", "InIf", "OutIf", "FirstMs", *SUMS)


def ours(flow):
    """Our flow in the words of pmacct.py."""
    known = {name: flow[name] for name in pmacct.FIELDS.values() if name in flow}
    if flow["Type"] == conformance.SFLOW:
        known.setdefault("VlanId", flow.get("SrcVlan", 0))  # sfacctd takes that of record 1001
    elif "TimeFlowStartNs" in flow:
        known["FirstMs"] = flow["TimeFlowStartNs"] // 10**6
        known["LastMs"] = flow["TimeFlowEndNs"] // 10**6
    else:
        known["FirstMs"] = flow["TimeFlowStart"] * 1000
    return {name: value for name, value in known.items() if value not in pmacct.NONE}


def added_up(flows):
    sums = {}
    for flow in flows:
        what = {name: value for name, value in flow.items() if name not in SUMS}
        total = sums.setdefault(tuple(sorted(what.items())), {**what, **dict.fromkeys(SUMS, 0)})
        for name in SUMS:
            total[name] += flow.get(name, 0)
    return sorted(sums.values(), key=lambda flow: [str(flow.get(name, "")) for name in ORDER])


def compare(folder, capture, theirs):
    listed = differences.of(capture.stem, differences_pmacct.LIST)
    mine = [ours(flow) for flow in conformance.read(folder, capture)]
    conformance.compare(capture.stem, added_up(mine), added_up(theirs), listed)
    conformance.all_are_met(capture.stem, listed)


def check(folder, program, captures):
    """Collectors run in groups, since each sleeps for seconds."""
    for first in range(0, len(captures), AT_ONCE):
        group = captures[first:first + AT_ONCE]
        collectors = [pmacct.Collector(folder, program, capture) for capture in group]
        for capture, collector in zip(group, collectors):
            compare(folder, capture, collector.flows())


def synthetic(folder, protocol):
    capture = folder / f"synthetic-{protocol}.pcap"
    port = golden.SFLOW_PORT if protocol == "sflow" else golden.NETFLOW_PORT
    goflow.replay(
        folder, f"-synthetic={protocol}", "-count=40", "-exporters=3", "-seed=5",
        f"-write={capture}", f"-target=127.0.0.1:{port}")
    return capture


def test_synthetic_netflow(folder):
    check(folder, "nfacctd",
          [synthetic(folder, protocol) for protocol in ("netflow5", "netflow9", "ipfix")])


def test_synthetic_sflow(folder):
    check(folder, "sfacctd", [synthetic(folder, "sflow")])


def test_golden_packets(folder):
    check(folder, "nfacctd", [
        golden.write_capture(folder / f"{name}.pcap", golden.datagrams(name))
        for name in conformance.COLLECTED])


def test_sflow_seeds(folder):
    check(folder, "sfacctd",
          [golden.write_sflow_seed(folder, name) for name in conformance.COLLECTED_SFLOW])


def test_recorded_netflow(folder):
    check(folder, "nfacctd", sorted(recordings.FOLDER.glob("[in]*.pcap")))


def test_recorded_sflow(folder):
    check(folder, "sfacctd", sorted(recordings.FOLDER.glob("sflow*.pcap")))


if __name__ == "__main__":
    recordings.main(globals())
