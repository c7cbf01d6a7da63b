#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- packets the project builds itself, as tshark reads them.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402


def golden_packets(name):
    def check(folder):
        capture = golden.write_capture(folder / f"{name}.pcap", golden.datagrams(name))
        conformance.check(folder, capture)

    return check


def seed(name):
    return lambda folder: conformance.check(folder, golden.write_sflow_seed(folder, name))


def synthetic(protocol):
    """What goflow-replay makes up: every exporter's mix of traffic."""
    def check(folder):
        capture = folder / f"synthetic-{protocol}.pcap"
        port = golden.SFLOW_PORT if protocol == "sflow" else golden.NETFLOW_PORT
        sent = goflow.replay(
            folder, f"-synthetic={protocol}", "-count=60", "-exporters=3", "-seed=7",
            f"-write={capture}", f"-target=127.0.0.1:{port}")
        case.equal(conformance.check(folder, capture), sent["flows"], "flows")

    return check


if __name__ == "__main__":
    case.main({
        **{f"test_{name}": golden_packets(name) for name in golden.names()},
        **{f"test_sflow_{path.name}": seed(path.name)
           for path in sorted(golden.SFLOW_SEEDS.iterdir())},
        **{f"test_synthetic_{protocol}": synthetic(protocol)
           for protocol in ("netflow5", "netflow9", "ipfix", "sflow")},
    })
