#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the wire between ingest and store is cut, narrow and bad.
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import numbered  # noqa: E402

PORT = 5557  # in namespaces that only this case uses
LEASE = "2s"
CUT_S = 8  # longer than lease, margin and heartbeat
CUTS = 2


def start(folder, wire, stores_connect):
    """An ingest at the edge with a spool, a store here; who calls whom is the caller's choice."""
    listen = network.WIRE["edge" if stores_connect else "core"]
    endpoint = f"tcp://{listen}:{PORT}"
    ingest = goflow.Ingest(
        folder, place=wire.edge, ack_timeout=LEASE, batch_flows=200,
        spool_dir=folder / "spool", zmq_bind=endpoint if stores_connect else [],
        zmq_connect=[] if stores_connect else endpoint)
    store = goflow.Store(
        folder, endpoint if stores_connect else [], zmq_bind=[] if stores_connect else endpoint)
    return ingest.wait_until_ready(), store.wait_until_ready()


def break_the_wire(folder, stores_connect):
    wire = network.Network()
    if not stores_connect:
        wire.refuse_calls_to_edge()
    ingest, store = start(folder, wire, stores_connect)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    for _ in range(CUTS):
        wire.cut()
        flows.send(ingest)
        time.sleep(CUT_S)  # how long it is cut is the test
        wire.join()
        flows.send(ingest)
    wire.slow("3mbit")
    flows.send(ingest)
    wire.mend()
    wire.lose(10)
    flows.send(ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)
    wire.mend()


def test_a_store_that_connects_to_the_edge(folder):
    break_the_wire(folder, stores_connect=True)


def test_an_edge_behind_nat_that_connects_to_the_store(folder):
    break_the_wire(folder, stores_connect=False)


if __name__ == "__main__":
    case.main(globals())
