#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- an id belongs to the key that used it first.
"""Two ingests with keys of their own and one id: the second is ignored, whoever connects to whom."""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
from keys import Keys  # noqa: E402

LEASE = "2s"


def send(ingest):
    return ingest.replay("-synthetic=netflow5", "-count=100")["flows"]


def wait_until_stored(ingest, flows):
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_stored_total"), flows, 60, "stored")


def test_an_id_belongs_to_one_key(folder):
    core = Keys(folder, "core")
    edges = [Keys(folder, name) for name in ("edge1", "edge2")]
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    for edge in edges:
        edge.allow("store", core)
        core.allow("ingest", edge)

    def start(edge):
        return goflow.Ingest(
            folder, edge.name, zmq_keys=edge.folder, zmq_bind=[], zmq_connect=endpoint,
            ack_timeout=LEASE, ingest_id=4711,
            ingest_state=folder / f"state-{edge.name}").wait_until_ready()

    store = goflow.Store(folder, [], zmq_keys=core.folder, zmq_bind=endpoint).wait_until_ready()
    first = start(edges[0])
    sent = send(first)
    wait_until_stored(first, sent)
    other = start(edges[1])
    more = send(other)
    store.until(
        lambda: store.metrics().sum("goflow_pull_ids_refused_total") > 0, 30, "nobody is refused")
    case.true("key=edge2 owner=edge1" in store.stderr, "the log does not name both keys")
    time.sleep(2 * 2)  # what does not come in two leases is the test
    case.equal(store.rows(), sent, "rows of the one with the other's id")
    first.stop()
    core.refuse("ingest", edges[0])
    store.send(signal.SIGHUP)
    case.wait_until_equal(store.rows, sent + more, 60, "rows when the id is free")
    other.stop()
    store.stop()


def test_an_id_belongs_to_one_key_also_where_the_store_connects(folder):
    core = Keys(folder, "core")
    edges = [Keys(folder, name) for name in ("edge1", "edge2")]
    endpoints = [f"tcp://127.0.0.1:{process.free_ports(2)}" for _ in edges]
    for edge in edges:
        edge.allow("store", core)
        core.allow("ingest", edge)

    def start(index):
        edge = edges[index]
        return goflow.Ingest(
            folder, edge.name, zmq_keys=edge.folder, zmq_bind=endpoints[index], ack_timeout=LEASE,
            ingest_id=4711, ingest_state=folder / f"state-{edge.name}").wait_until_ready()

    first = start(0)
    store = goflow.Store(
        folder, [f"{endpoint}#{edge.name}" for endpoint, edge in zip(endpoints, edges)],
        zmq_keys=core.folder).wait_until_ready()
    sent = send(first)
    wait_until_stored(first, sent)
    other = start(1)
    send(other)
    store.until(
        lambda: store.metrics().sum("goflow_pull_ids_refused_total") > 0, 30, "nobody is refused")
    time.sleep(2 * 2)  # what does not come in two leases is the test
    case.equal(store.rows(), sent, "rows of the one with the other's id")
    for program in (first, other):
        program.kill()
    store.stop()


if __name__ == "__main__":
    case.main(globals())
