#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the same packets by exporters that sample: the same sums.
"""
softflowd takes every Nth packet. Each packet comes N times in a row, so one of them is taken, and the
scaled sums by address, port and protocol are exact. pmacct and Open vSwitch choose at random: their
sums may be off by what chance permits, five standard deviations of each sum.
"""
import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exporter_programs  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import traffic  # noqa: E402
import twin_judges  # noqa: E402
import watchers  # noqa: E402
import wire as wires  # noqa: E402

RATE = 4
DEVIATIONS = 5
EXPORT_S = 30
TYPES = {2: "NetFlow5", 3: "NetFlow9", 4: "IPFIX", 1: "sFlow5"}
COPIES = RATE  # of each packet


def capture_of(folder, sessions):
    """Each frame COPIES times in a row."""
    frames = [frame for frame in traffic.packets(sessions, 3) for _ in range(COPIES)]
    traffic.write_pcap(folder / "traffic.pcap", frames)
    return folder / "traffic.pcap"


def totals(sessions, kind):
    """And the sum of the squares of packets and octets: what the variance depends on."""
    sessions = [session for session in sessions if kind.has_v6 or session.src.version == 4]
    squares = collections.defaultdict(lambda: [0, 0])
    for session in sessions:
        total = squares[tuple(map(str, session[:2])) + session[2:5]]
        total[0] += COPIES * len(session.sizes)
        total[1] += COPIES * sum((size + kind.overhead)**2 for size in session.sizes)
    sums = {key: tuple(COPIES * value for value in total)
            for key, total in traffic.totals(sessions, kind.overhead).items()}
    return sums, squares


def exported(folder, name, export):
    """The flows of what `export(port)` sends."""
    ingest = goflow.Ingest(
        folder, name=name, transport="console", format="json").wait_until_ready()
    export(ingest.port)
    ingest.stop()  # takes what is in its sockets
    return [json.loads(line) for line in ingest.stdout.splitlines()]


def check_rate(flows, name):
    case.equal({flow.get("SamplingRate") for flow in flows}, {RATE}, f"{name}: sampling rate")


def within_chance(found, sums, squares):
    """Packets that are chosen one in RATE: each adds its square, RATE - 1 times."""
    return all(
        abs(found.get(key, (0, 0))[place] - total[place])
        <= DEVIATIONS * ((RATE - 1) * squares[key][place])**0.5
        for key, total in sums.items() for place in (0, 1))


def test_softflowd_is_exact_when_scaled(folder):
    for kind in watchers.KINDS:
        if kind.number not in watchers.SOFTFLOWD:
            continue
        sessions = traffic.sessions(3, with_v6=kind.has_v6)
        capture = capture_of(folder, sessions)
        flows = exported(folder, f"softflowd-{kind.number}", lambda port, kind=kind: (
            exporter_programs.softflowd(
                folder, capture, port, watchers.SOFTFLOWD[kind.number], sampling=RATE)))
        check_rate(flows, kind.name)
        case.equal(twin_judges.sums(kind, flows), totals(sessions, kind)[0], kind.name)


def test_pmacct_is_within_chance_when_scaled(folder):
    kinds = {kind.type: kind for kind in watchers.KINDS
             if kind.number in (*watchers.NFPROBE, watchers.SFPROBE)}
    capture = capture_of(folder, traffic.sessions(3))
    flows = exported(folder, "pmacct", lambda port: exporter_programs.probes(
        folder, capture, port, sampling=RATE))
    for number, type_ in TYPES.items():
        kind = kinds[type_]
        of_kind = [flow for flow in flows if flow["Type"] == number]
        check_rate(of_kind, kind.name)
        sums, squares = totals(traffic.sessions(3), kind)
        found = twin_judges.sums(kind, of_kind)
        case.true(within_chance(found, sums, squares), f"{kind.name}: {found}, expected {sums}")


def check_switch(folder, export, number):
    """Exports of the switch while the hosts talk; the sampling rates."""
    kind = next(kind for kind in watchers.KINDS if kind.number == number)
    wire = wires.Wire(folder)
    port = process.free_ports()
    ingest = goflow.Ingest(folder, transport="console", format="json", nf_addr="0.0.0.0",
                           nf_port=port).wait_until_ready()
    export(wire, port)
    sessions = traffic.sessions(3, count=30)
    wire.send({1: [frame for frame in traffic.packets(sessions, 3) for _ in range(COPIES)]})
    sums, squares = totals(sessions, kind)
    flows = []

    def is_met():
        whole_lines = ingest.stdout.rpartition("\n")[0].splitlines()
        flows[:] = [json.loads(line) for line in whole_lines]
        return within_chance(twin_judges.sums(kind, flows), sums, squares)

    case.wait_for(is_met, EXPORT_S, f"{kind.name}: sums within chance")
    ingest.stop()
    return {flow.get("SamplingRate") for flow in flows}


def test_switch_sflow_is_within_chance_when_scaled(folder):
    rates = check_switch(
        folder, lambda *where: watchers.switch_sflow(*where, sampling=RATE), watchers.OVS_SFLOW)
    case.equal(rates, {RATE}, "sampling rates")


def test_switch_ipfix_is_within_chance_as_it_scales_by_itself_and_announces_no_rate(folder):
    rates = check_switch(
        folder, lambda *where: watchers.switch_ipfix(*where, sampling=RATE), watchers.OVS_IPFIX)
    case.equal(rates, {None}, "sampling rates")


if __name__ == "__main__":
    case.main(globals())
