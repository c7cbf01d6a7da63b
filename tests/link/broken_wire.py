#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the wire between ingest and store is cut, narrow and bad.
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import network  # noqa: E402
import numbered  # noqa: E402

LEASE = "2s"
CUT_S = 8  # longer than lease, margin and heartbeat
CUTS = 2


def break_the_wire(folder, stores_connect):
    wire = network.Network()
    if not stores_connect:
        wire.refuse_calls_to_edge()
    ingest, store = wire.line(folder, stores_connect, ack_timeout=LEASE)
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
