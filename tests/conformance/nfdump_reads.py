#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the same exports to nfdump and to us: the same flows.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import differences  # noqa: E402
import differences_nfdump  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402
import nfdump  # noqa: E402
import recordings  # noqa: E402

ICMP = (1, 58)
NETFLOW7 = 6
IDENTITY = (
    "SrcPort", "DstPort", "Proto", "SrcAddr", "DstAddr", "InIf", "OutIf", "FirstMs", "Bytes")


def ours(flow):
    """Our flow in the words of nfdump.py."""
    known = set(nfdump.FIELDS.values()) | {"TCPFlags"}
    if flow["Type"] in (conformance.V5, NETFLOW7):
        known -= {"SrcNet", "DstNet"}  # nfdump does not keep them
    if flow.get("Proto") in ICMP:
        known -= {"SrcPort", "DstPort"}  # nfdump has type and code in their place
    told = {name: value for name, value in flow.items() if name in known}
    if flow["Type"] in (conformance.V5, conformance.SFLOW):  # it scales by the header's rate
        told |= {name: told[name] * flow.get("SamplingRate", 1)
                 for name in ("Bytes", "Packets") if name in told}
    if flow["Type"] != conformance.SFLOW and "TimeFlowStartNs" in flow:
        told["FirstMs"] = flow["TimeFlowStartNs"] // 10**6
        told["LastMs"] = flow["TimeFlowEndNs"] // 10**6
    return told


def in_order(flows):
    return sorted(flows, key=lambda flow: [str(flow.get(name, "")) for name in IDENTITY])


def check(folder, program, capture):
    listed = differences.of(capture.stem, differences_nfdump.LIST)
    mine = in_order(ours(flow) for flow in conformance.read(folder, capture))
    theirs = in_order(nfdump.flows(folder, program, capture))
    conformance.compare(capture.stem, mine, theirs, listed)
    conformance.all_are_met(capture.stem, listed)
    return len(mine)


def synthetic(folder, program, protocol):
    capture = folder / f"synthetic-{protocol}.pcap"
    sent = goflow.replay(
        folder, f"-synthetic={protocol}", "-count=60", "-seed=11", f"-write={capture}")
    case.equal(check(folder, program, capture), sent["flows"], "flows")


def test_netflow5(folder):
    synthetic(folder, "nfcapd", "netflow5")


def test_netflow9(folder):
    synthetic(folder, "nfcapd", "netflow9")


def test_ipfix(folder):
    synthetic(folder, "nfcapd", "ipfix")


def test_sflow(folder):
    synthetic(folder, "sfcapd", "sflow")


def test_golden_packets(folder):
    for name in (*conformance.COLLECTED, "netflow1", "netflow7"):
        check(folder, "nfcapd",
              golden.write_capture(folder / f"{name}.pcap", golden.datagrams(name)))


def test_sflow_seeds(folder):
    for name in conformance.COLLECTED_SFLOW:
        check(folder, "sfcapd", golden.write_sflow_seed(folder, name))


def test_recorded_exports(folder):
    for capture in sorted(recordings.FOLDER.glob("*.pcap")):
        check(folder, "sfcapd" if capture.stem.startswith("sflow") else "nfcapd", capture)


if __name__ == "__main__":
    recordings.main(globals())
