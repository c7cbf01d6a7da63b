#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a wire with a third of a second each way, and a bad one.
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import numbered  # noqa: E402
import slow_relay  # noqa: E402

PORT = 5557  # in namespaces that only this case uses
DELAY_S = 0.3
JITTER_S = 0.1
LEASE = "4s"
CUT_S = 11  # longer than lease, margin and heartbeat
LOST_PERCENT = 5


def start(folder, wire, stores_connect):
    """An ingest at the edge with a spool, a store here; who calls does so through the relay."""
    called, caller = ("edge", goflow.HERE) if stores_connect else ("core", wire.edge)
    listens = f"tcp://{network.WIRE[called]}:{PORT}"
    relay = slow_relay.Relay(
        folder, caller, network.WIRE[called], PORT, DELAY_S, JITTER_S)
    ingest = goflow.Ingest(
        folder, place=wire.edge, ack_timeout=LEASE, batch_flows=200, spool_dir=folder / "spool",
        zmq_bind=listens if stores_connect else [],
        zmq_connect=[] if stores_connect else relay.endpoint, zmq_insecure=True)
    store = goflow.Store(
        folder, relay.endpoint if stores_connect else [], zmq_bind=[] if stores_connect else listens,
        zmq_insecure=True)
    return ingest.wait_until_ready(), store.wait_until_ready()


def stretch_the_wire(folder, stores_connect):
    ingest, store = start(folder, network.Network(), stores_connect)
    flows = numbered.Flows(folder)
    for _ in range(3):
        flows.send(ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)


def spoil_it_too(folder, stores_connect):
    """Long, bad, and cut in the middle of it."""
    wire = network.Network()
    ingest, store = start(folder, wire, stores_connect)
    flows = numbered.Flows(folder)
    wire.lose(LOST_PERCENT)
    flows.send(ingest)
    wire.cut()
    flows.send(ingest)
    time.sleep(CUT_S)  # how long it is cut is the test
    wire.join()
    flows.send(ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)


def test_stores_call_over_a_long_wire(folder):
    stretch_the_wire(folder, stores_connect=True)


def test_an_edge_calls_over_a_long_wire(folder):
    stretch_the_wire(folder, stores_connect=False)


def test_stores_call_over_a_long_and_bad_wire_that_is_cut(folder):
    spoil_it_too(folder, stores_connect=True)


def test_an_edge_calls_over_a_long_and_bad_wire_that_is_cut(folder):
    spoil_it_too(folder, stores_connect=False)


if __name__ == "__main__":
    case.main(globals())
