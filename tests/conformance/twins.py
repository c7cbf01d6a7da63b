#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the same packets by every exporter: the same sums.
"""
Open vSwitch, softflowd, pmacct and fprobe watch one wire and export to goflow-ingest while the test
sends. Sums by address, port and protocol must be what was sent, from each of them in each protocol;
nothing may count as lost or late; and other collectors must find the same sums in the same exports.
"""
import collections
import contextlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import traffic  # noqa: E402
import twin_judges  # noqa: E402
import watchers  # noqa: E402
import wire as wires  # noqa: E402

EXPORT_S = 30
LIFE_S = 11
TCP_UDP = (traffic.TCP, traffic.UDP)


def conversations(seed, count=60):
    """[(host, session)]: every other one is begun by the second host; every third has an answer."""
    for number, session in enumerate(traffic.sessions(seed, count)):
        host = 1 + number % 2
        yield host, session
        if number % 3 == 0 and session.proto in TCP_UDP:
            yield 3 - host, session._replace(
                src=session.dst, dst=session.src, sport=session.dport, dport=session.sport,
                sizes=[size + 7 for size in session.sizes[:5]])


def frames_of(sent):
    return {host: list(traffic.packets([session for at, session in sent if at == host], host))
            for host in wires.HOSTS}


def expected(kind, sent):
    """What an exporter of this kind has to report; NetFlow 5 has no IPv6."""
    return traffic.totals(
        [session for _, session in sent if kind.has_v6 or session.src.version == 4], kind.overhead)


def console(folder, port):
    return goflow.Ingest(folder, transport="console", format="json", nf_addr="0.0.0.0",
                         nf_port=port).wait_until_ready()


def flows_by_kind(ingest):
    """What goflow-ingest has printed so far; the switch's sFlow agent calls itself by lo."""
    lines = ingest.stdout.splitlines(keepends=True)
    flows = collections.defaultdict(list)
    for line in lines:
        if line.endswith("\n"):
            flow = json.loads(line)
            flows[flow["SamplerAddress"]].append(flow)
    flows[wires.exporter_address(watchers.OVS_SFLOW)] = flows["127.0.0.1"]
    return {kind: flows[wires.exporter_address(kind.number)] for kind in watchers.KINDS}


def have_watchers_export(wire, started, ingest, sent):
    """Until the sums of all exporters are right."""
    def wrong(kinds):
        found = flows_by_kind(ingest)
        return {kind: twin_judges.sums(kind, found[kind]) for kind in kinds
                if twin_judges.sums(kind, found[kind]) != expected(kind, sent)}

    def wait_for(kinds):
        with contextlib.suppress(AssertionError):
            case.wait_for(lambda: not wrong(kinds), EXPORT_S, "right sums")
        for kind, found in wrong(kinds).items():
            case.equal(found, expected(kind, sent), kind.name)

    watchers.push(wire)
    wait_for([kind for kind in watchers.KINDS if kind.number not in watchers.NFPROBE])
    started[-1].stop()
    wait_for(watchers.KINDS)


def domains_of(ingest):
    document = json.loads(ingest.get("/exporters"))
    return {kind: document[wires.exporter_address(kind.number)]["Domains"]
            for kind in watchers.KINDS}


def check_nothing_lost(ingest):
    for kind, domains in domains_of(ingest).items():
        found = {(domain["UnitsLost"], domain["UnitsLate"]) for domain in domains}
        case.equal(found, {(0, 0)}, f"{kind.name}: lost and late")
        types = {domain["Type"] for domain in domains if domain["Flows"] > 0}
        case.equal(types, {kind.type}, f"{kind.name}: protocols")
    page = ingest.metrics()
    case.true("goflow_sflow_samples_lost_total" not in page.names(), "samples were lost")


def check_counts(ingest):
    """What the sequence of each exporter was found to count."""
    for kind, domains in domains_of(ingest).items():
        counts = [domain.get("SequenceCounts") for domain in domains if domain["Flows"] > 0]
        case.equal(counts, [kind.counts], f"{kind.name}: counts")


def test_everybody_reports_what_was_sent_and_nothing_is_lost(folder):
    wire = wires.Wire(folder)
    port = process.free_ports()
    ingest = console(folder, port)
    tap = twin_judges.Tap(folder, port)
    started = watchers.start(wire, port)
    sent = list(conversations(7))
    wire.send(frames_of(sent))
    have_watchers_export(wire, started, ingest, sent)
    check_nothing_lost(ingest)
    check_counts(ingest)
    ingest.stop()
    twin_judges.check(folder, tap.stop(), lambda kind: expected(kind, sent))


def test_exporters_that_start_anew_lose_nothing(folder):
    """
    Twice, so soon that the numbers of the second time are near those of the first. An uptime that is
    less by ten seconds may be a datagram that is late: so long the first ones live.
    """
    wire = wires.Wire(folder)
    port = process.free_ports()
    ingest = console(folder, port)
    sent = []
    for seed in (1, 2):
        started = watchers.start(wire, port)
        new = list(conversations(seed, count=20))
        wire.send(frames_of(new))
        sent += new
        watchers.live(wire, LIFE_S if seed == 1 else 0)
        have_watchers_export(wire, started, ingest, sent)
        watchers.end(wire, started)
    check_nothing_lost(ingest)
    ingest.stop()


def main(names):
    """The case that takes long runs with --all alone."""
    if "--all" not in sys.argv:
        print("not part of this run: exporters_that_start_anew_lose_nothing (--all)")
        names = {name: value for name, value in names.items() if "start_anew" not in name}
    case.main(names, all=False)


if __name__ == "__main__":
    main(dict(globals()))
