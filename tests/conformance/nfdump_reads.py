#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the same exports to nfcapd and to us: the same flows.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import goflow  # noqa: E402
import nfdump  # noqa: E402


NETFLOW5 = 2
ICMP = (1, 58)


def ours(flow):
    """Our flow in the words of nfdump.py."""
    known = set(nfdump.FIELDS.values()) | {"TCPFlags"}
    if flow["Type"] == NETFLOW5:
        known -= {"SrcNet", "DstNet"}  # nfdump does not keep them
    if flow.get("Proto") in ICMP:
        known -= {"SrcPort", "DstPort"}  # nfdump has type and code in their place
    return {
        **{name: value for name, value in flow.items() if name in known},
        "FirstMs": flow["TimeFlowStartNs"] // 10**6, "LastMs": flow["TimeFlowEndNs"] // 10**6,
    }


def in_order(flows):
    return sorted((sorted((name, str(value)) for name, value in flow.items()) for flow in flows))


def check(folder, protocol):
    capture = folder / f"{protocol}.pcap"
    sent = goflow.replay(
        folder, f"-synthetic={protocol}", "-count=60", "-seed=11", f"-write={capture}")
    mine = in_order(ours(flow) for flow in conformance.read(folder, capture))
    theirs = in_order(nfdump.flows(folder, capture))
    case.equal(len(mine), sent["flows"], "our flows")
    case.equal(len(theirs), sent["flows"], "nfdump's flows")
    for number, (flow, other) in enumerate(zip(mine, theirs), 1):
        case.equal(dict(flow), dict(other), f"flow {number}")


def test_netflow5(folder):
    check(folder, "netflow5")


def test_netflow9(folder):
    check(folder, "netflow9")


def test_ipfix(folder):
    check(folder, "ipfix")


if __name__ == "__main__":
    case.main(globals())
