# SPDX-License-Identifier: BSD-3-Clause -- our flows and another decoder's, field by field.
"""
    conformance.check(folder, capture)      goflow-ingest -read against tshark

Every field of every flow must be the same, in both directions, but for what differences.py lists;
and what it lists for a capture must occur, so that the list holds nothing that is over.
"""
import json
import re

import case
import differences
import goflow
import process
import stamped_capture
import tshark
import tshark_netflow
import tshark_sflow

SFLOW = 1
V5 = 2
# tshark keeps no state: it does not know rates that came as options, nor where a rate came from.
# sFlow has no times, so ours are the capture's, finer than tshark tells.
OURS_ALONE = {"SamplingSource", "TimeSuspect"}
SFLOW_ALONE = {"Layer2Bytes", "TimeFlowStartNs", "TimeFlowEndNs"}
ONLY_OF_THE_HEADER = {"SamplingRate"}
# Our own packets (tests/golden, seeds of sFlow) that other collectors are shown, too; where the
# point of a packet is an element that none of them knows, only tshark is.
COLLECTED = (
    "ipfix_biflow", "ipfix_mpls", "ipfix_options", "ipfix_packet_section",
    "ipfix_times", "ipfix_variable_length", "netflow5", "netflow9", "netflow9_options",
    "netflow9_data_before_template", "netflow9_firewall",
    "netflow9_missing_template", "netflow9_odd_fields", "netflow9_samplers",
    "netflow9_two_families")

COLLECTED_SFLOW = (
    "counters", "discarded", "expanded_rewritten", "flow_sample_routed", "routed_with_texts")


def at_export_time(folder, capture):
    stamped = folder / f"stamped-{capture.name}"
    stamped_capture.write(capture, stamped)
    return stamped


def read(folder, capture):
    """What goflow-ingest prints of the capture: one dict a flow."""
    done = process.check(
        f"read-{capture.stem}",
        [goflow.program("goflow-ingest"), f"-read={at_export_time(folder, capture)}", "-transport=console",
         "-format=json"], folder)
    summary = re.search(r"datagrams=(\d+)", done.stderr)
    case.true(summary is not None, f"{capture.name}: no summary on stderr")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(folder, capture):
    """Compares with tshark and returns how many flows there were."""
    ours = read(folder, capture)
    listed = differences.of(capture.stem)
    packets = tshark.packets(folder, at_export_time(folder, capture))
    of_sflow = [packet for packet in packets if packet.export.get("name") == "sflow"]
    of_netflow = [packet for packet in packets if packet.export.get("name") == "cflow"]
    compare(capture.stem, [flow for flow in ours if flow["Type"] != SFLOW],
            tshark_netflow.flows(of_netflow), listed)
    compare(capture.stem, [flow for flow in ours if flow["Type"] == SFLOW],
            tshark_sflow.flows(of_sflow), listed)
    all_are_met(capture.stem, listed)
    return len(ours)


def all_are_met(name, listed):
    stale = [difference.field for difference in listed if not difference.is_met]
    case.true(not stale, f"{name}: listed differences that are none: {stale}")


def compare(name, ours, theirs, listed):
    if any([difference.covers("flows", ours, theirs) for difference in listed]):
        return
    case.equal(len(ours), len(theirs), f"{name}: flows")
    for number, (flow, other) in enumerate(zip(ours, theirs), 1):
        compare_flow(f"{name}: flow {number}", flow, other, listed)


def compare_flow(what, flow, other, listed):
    for field in sorted({*flow, *other} - left_out(flow)):
        found, expected = flow.get(field), other.get(field)
        if found == expected:
            continue
        covered = any(difference.covers(field, found, expected) for difference in listed)
        case.true(covered, f"{what}: {field} is {found!r}, the other reads {expected!r}")


def left_out(flow):
    if flow.get("Type") == SFLOW:
        return OURS_ALONE | SFLOW_ALONE
    return OURS_ALONE if flow.get("Type") == V5 else OURS_ALONE | ONLY_OF_THE_HEADER
