#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what exporters tell of themselves, as tshark reads it.
"""Options data of NetFlow 9 and IPFIX: what is on /exporters must be what tshark shows."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import differences  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402
import recordings  # noqa: E402
import tshark  # noqa: E402
import tshark_options  # noqa: E402

# What some packet of ours has to tell, in each protocol.
NAMES = {
    "interfaceName", "interfaceDescription", "VRFname", "applicationName",
    "applicationDescription", "systemInitTimeMilliseconds", "exportedOctetTotalCount",
    "exportedMessageTotalCount", "exportedFlowRecordTotalCount"}


def ours(folder, capture):
    """As tshark_options.told()."""
    ingest = goflow.Ingest(folder, name=f"ingest-{capture.stem}", transport="none")
    ingest.wait_until_ready()
    sent = ingest.replay(capture)["datagrams"]
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_datagrams_total"), sent, 30, "datagrams")
    exporters = json.loads(ingest.get("/exporters"))
    ingest.stop()
    return {
        f"{option['ObservationDomainID']}/{option['Scope']}/{option.get('ScopeID', '')}/"
        f"{option['Name']}": option["Value"]
        for exporter in exporters.values() for option in exporter.get("Options", [])}


def check(folder, capture):
    """Returns the names of what was told."""
    listed = differences.of(capture.stem, differences.OPTIONS)
    theirs = tshark_options.told(tshark.packets(folder, capture))
    conformance.compare_flow(capture.stem, ours(folder, capture), theirs, listed)
    conformance.all_are_met(capture.stem, listed)
    return {key.split("/")[-1] for key in theirs}


def packets_of_our_own(folder, protocol, sampling):
    told = set()
    for name in golden.names():
        if name.startswith(protocol):
            told |= check(folder, golden.write_capture(
                folder / f"{name}.pcap", golden.datagrams(name)))
    missing = (NAMES | {sampling}) - told
    case.true(not missing, f"no packet tells {missing}")


def synthetic(folder, protocol):
    capture = folder / f"synthetic-{protocol}.pcap"
    goflow.replay(folder, f"-synthetic={protocol}", "-count=20", "-sampling=100", "-seed=3",
                  f"-write={capture}")
    case.true(check(folder, capture), "no options")


def test_netflow9_packets_of_our_own(folder):
    packets_of_our_own(folder, "netflow9", "samplingInterval")


def test_ipfix_packets_of_our_own(folder):
    packets_of_our_own(folder, "ipfix", "samplingPacketInterval")


def test_synthetic_netflow9(folder):
    synthetic(folder, "netflow9")


def test_synthetic_ipfix(folder):
    synthetic(folder, "ipfix")


def test_recorded_exports(folder):
    told = set()
    for capture in sorted(recordings.FOLDER.glob("[in]*.pcap")):
        told |= check(folder, capture)
    case.true("systemInitTimeMilliseconds" in told, "no exporter told when it started")


if __name__ == "__main__":
    recordings.main(globals())
