#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- every wire under netem, which changes while flows go.
"""
Late, out of order, lost, doubled, wrong, narrow and cut, by the kernel's own netem, packet by packet:
the link in both connect directions, the way to a database, the way from an exporter. Rows are compared
with what was sent. An exporter's datagrams that are lost are lost, but counted: sent = received + lost.
"""
import concurrent.futures
import json
import pathlib
import random
import sys
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

LEASE = "4s"
CUT = "loss 100%"
CUT_S = 11  # longer than lease, margin and heartbeat
FAULT_S = 3
LINK_PPS = 100
LINK_DATAGRAMS = 3 * LINK_PPS  # and again, for as long as the wire turns
EXPORTER_PPS = 25
ARRIVE_S = 240  # where TCP has lost much it waits long before it tries again


class Protocol(typing.NamedTuple):
    """How its flows are told from others."""

    number: int  # Type in the tables
    name: str  # in metrics
    units: str  # what its sequence numbers count
    first: int  # number of its first flow


PROTOCOLS = {
    "netflow5": Protocol(2, "NetFlow5", "flows", 1),
    "netflow9": Protocol(3, "NetFlow9", "datagrams", 10**8),
    "ipfix": Protocol(4, "IPFIX", "flows", 2 * 10**8),
}


def seed():
    return case.Settings.own.seed


def weather(chance):
    """What netem is told, one after the other."""
    late_ms = chance.randint(20, 200)
    faults = [
        f"delay {late_ms}ms {late_ms // 2}ms 25%",
        f"delay {chance.randint(50, 200)}ms reorder {chance.randint(10, 50)}% 50%",
        f"loss {chance.randint(5, 20)}%",
        f"duplicate {chance.randint(10, 50)}%",
        f"corrupt {chance.randint(2, 10)}%",
        f"rate {chance.randint(1, 4)}mbit",
        "delay 20ms 10ms loss 5% duplicate 5% corrupt 1% rate 8mbit",
        CUT,
    ]
    chance.shuffle(faults)
    return faults


def turn(wire):
    """From one fault into the next; it is a good wire in the end."""
    faults = weather(random.Random(seed()))
    print(f"# seed {seed()}: {'; '.join(faults)}", flush=True)
    for fault in faults:
        wire.spoil(fault)
        time.sleep(CUT_S if fault == CUT else FAULT_S)  # how long it lasts is the test
    wire.mend()


def send_while_it_turns(wire, flows, ingest):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        turning = pool.submit(turn, wire)
        while not turning.done():
            flows.send(ingest, count=LINK_DATAGRAMS, pps=LINK_PPS)
        turning.result()


def spoil_the_link(folder, stores_connect):
    wire = network.Network()
    ingest, store = wire.line(folder, stores_connect, ack_timeout=LEASE)
    flows = numbered.Flows(folder)
    send_while_it_turns(wire, flows, ingest)
    flows.check(store.query, seconds=ARRIVE_S, seed=seed())
    numbered.check_counters(ingest)
    again = ingest.metrics().sum("goflow_link_batches_taken_back_total")
    case.true(again > 0, f"the wire was a good one (seed {seed()})")


def test_stores_that_call_over_a_bad_wire(folder):
    spoil_the_link(folder, stores_connect=True)


def test_an_edge_that_calls_over_a_bad_wire(folder):
    spoil_the_link(folder, stores_connect=False)


def test_a_database_behind_a_bad_wire(folder):
    wire = network.Network()
    server = clickhouse.Server(folder, address=network.WIRE["core"])
    ingest = goflow.Ingest(
        folder, place=wire.edge, batch_flows=200, ack_timeout=LEASE,
        spool_dir=folder / "spool").wait_until_ready()
    goflow.Store(
        folder, ingest.endpoint, place=wire.edge, ch_timeout="5s",
        ch_addr=f"{network.WIRE['core']}:{server.http_port}").wait_until_ready()
    flows = numbered.Flows(folder)
    send_while_it_turns(wire, flows, ingest)
    flows.check(server.query, seconds=ARRIVE_S, seed=seed())
    numbered.check_counters(ingest)


class Exporter(process.Process):
    """goflow-replay at this end of the wire, until it is stopped."""

    def __init__(self, folder, name, ingest):
        self.protocol = PROTOCOLS[name]
        self.words = [f"-synthetic={name}", f"-unique={self.protocol.first}"]
        self.flows = numbered.Flows(folder)
        self.ingest = ingest
        target = f"-target={network.WIRE['edge']}:{ingest.port}"
        super().__init__(name, [
            goflow.program("goflow-replay"), *self.words, target, f"-pps={EXPORTER_PPS}", "-duration=1h",
            "-format=json"], folder)

    def taken(self):
        return self.ingest.metrics().sum("goflow_decode_datagrams_total", type=self.protocol.name)

    def wait_for_more(self):
        before = self.taken()
        self.until(lambda: self.taken() > before + EXPORTER_PPS, ARRIVE_S, "its datagrams do not arrive")

    def finish(self, store):
        """What it has sent, the last of which is stored then."""
        self.stop()
        summary = json.loads(self.stdout)
        self.flows.made.append([*self.words, f"-count={summary['datagrams']}"])
        last = self.protocol.first + summary["flows"] - 1
        case.wait_for(
            lambda: store.value("count()", f"Bytes = {last}"), ARRIVE_S, f"{self.name}: its last flow")
        return summary


def check_ledger(store, protocol, sent):
    """What the sequence numbers tell is what happened."""
    ledger = store.query(
        "SELECT sum(UnitsReceived) AS received, sum(UnitsLost) - sum(UnitsLate) AS lost,"
        " sum(Doubles) AS doubles, sum(Resets) AS resets, sum(Undecodable) AS undecodable"
        f" FROM netflow_loss WHERE Type = {protocol.number}")[0]
    print(f"# {protocol.name}: {sent} {protocol.units} sent, {ledger}", flush=True)
    what = f"{protocol.name}: {ledger} (seed {seed()})"
    case.true(ledger["lost"] > 0 and ledger["doubles"] > 0, f"{what}: the wire was a good one")
    case.equal(ledger["received"] + ledger["lost"], sent, f"{what}: received and lost")
    case.equal((ledger["resets"], ledger["undecodable"]), (0, 0), f"{what}: resets, undecodable")
    unit = "Bytes" if protocol.units == "flows" else "SequenceNum"
    case.equal(
        store.value(f"uniqExact({unit})", f"Type = {protocol.number}"), ledger["received"],
        f"{what}: {protocol.units} stored")


def check_rows(store, exporter):
    """Each row is a flow that was sent; more than once where the wire doubled its datagram."""
    expected = exporter.flows.expected()
    rows = numbered.rows_by_number(store.query, where=f"Type = {exporter.protocol.number}")
    wrong = [number for number, found in rows.items() if set(found) != {expected.get(number)}]
    case.true(
        not wrong, f"{exporter.name}: {len(wrong)} flows are wrong, {wrong[:3]} ... (seed {seed()})")


def test_exporters_behind_a_bad_wire(folder):
    wire = network.Network()
    ingest = goflow.Ingest(folder, place=wire.edge, nf_addr="0.0.0.0").wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    exporters = [Exporter(folder, name, ingest) for name in PROTOCOLS]
    for exporter in exporters:
        exporter.wait_for_more()  # templates among them
    turn(wire)
    for exporter in exporters:
        exporter.wait_for_more()  # the next number tells what was lost
    sent = [exporter.finish(store) for exporter in exporters]
    numbered.check_counters(ingest)
    case.equal(store.rows(), numbered.accepted(ingest), f"rows (seed {seed()})")
    ingest.stop()  # it tells its losses by the minute, and at the end
    for exporter, summary in zip(exporters, sent):
        check_ledger(store, exporter.protocol, summary[exporter.protocol.units])
        check_rows(store, exporter)


if __name__ == "__main__":
    lack = network.lacks_netem()
    if lack:
        print(f"absent: netem cannot be had here ({lack}), so no wire was spoiled")
        sys.exit(0)
    chosen = random.SystemRandom().randrange(1 << 32)
    case.main(globals(), seed=chosen)
