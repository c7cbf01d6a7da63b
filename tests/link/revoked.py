#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a key that was removed ends its connections at once.
"""Whoever calls whom: the peer gets nothing more and is refused; everybody else goes on."""
import json
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


def refused(gate):
    return gate.metrics().sum("goflow_link_peers_refused_total")


def send(ingest):
    return ingest.replay("-synthetic=netflow5", "-count=100")["flows"]


def stored(ingest):
    return ingest.metrics().sum("goflow_link_flows_stored_total")


def wait_until_stored(ingest, flows):
    case.wait_until_equal(lambda: stored(ingest), flows, 60, f"{ingest.name}: stored")


def remove(gate, keys, kind, other):
    keys.refuse(kind, other)
    gate.send(signal.SIGHUP)
    gate.until(lambda: "a key was removed" in gate.stderr, 30, "the key is still there")


def test_a_store_that_is_removed_gets_nothing_more(folder):
    edge, core, rogue = (Keys(folder, name) for name in ("edge", "core", "rogue"))
    for one in (core, rogue):
        edge.allow("store", one)
        one.allow("ingest", edge)
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    ingest = goflow.Ingest(
        folder, zmq_keys=edge.folder, zmq_bind=endpoint, ack_timeout=LEASE).wait_until_ready()
    bad = goflow.Store(folder, endpoint, "bad", zmq_keys=rogue.folder).wait_until_ready()
    sent = send(ingest)
    wait_until_stored(ingest, sent)
    case.equal(bad.rows(), sent, "rows of the one that is removed later")
    good = goflow.Store(folder, endpoint, "good", zmq_keys=core.folder).wait_until_ready()
    ingest.until(
        lambda: ingest.metrics().sum("goflow_link_peers") == 2, 30, "the other store is not there")
    remove(ingest, edge, "store", rogue)
    more = send(ingest)
    wait_until_stored(ingest, sent + more)
    ingest.until(lambda: refused(ingest) >= 2, 30, "it is not refused")
    case.equal((bad.rows(), good.rows()), (sent, more), "rows of both")
    for program in (ingest, bad, good):
        program.stop()


def numbers(store):
    return {row["Bytes"] for row in store.query("SELECT DISTINCT Bytes FROM netflow")}


def test_no_flow_is_lost_when_a_store_is_removed_under_load(folder):
    edge, core, rogue = (Keys(folder, name) for name in ("edge", "core", "rogue"))
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    stores = []
    for one in (core, rogue):
        edge.allow("store", one)
        one.allow("ingest", edge)
        stores.append(goflow.Store(folder, endpoint, one.name, zmq_keys=one.folder))
    ingest = goflow.Ingest(
        folder, zmq_keys=edge.folder, zmq_bind=endpoint, ack_timeout=LEASE).wait_until_ready()
    for store in stores:
        store.wait_until_ready()
    ingest.until(lambda: ingest.metrics().sum("goflow_link_peers") == 2, 30, "no stores")
    replay = process.Process("replay", [
        goflow.program("goflow-replay"), "-synthetic=netflow9", "-count=2000", "-pps=1000",
        "-unique=1", "-format=json", f"-target=127.0.0.1:{ingest.port}"], folder)
    ingest.until(lambda: stored(ingest) > 0, 30, "nothing is stored")
    remove(ingest, edge, "store", rogue)
    case.equal(replay.wait(60), 0, "the replay's status")
    sent = json.loads(replay.stdout.strip().splitlines()[-1])["flows"]
    wait_until_stored(ingest, sent)
    case.equal(numbers(stores[0]) | numbers(stores[1]), set(range(1, sent + 1)), "flows")
    case.equal(ingest.metrics().sum("goflow_link_flows_dropped_total"), 0, "dropped")
    for program in (ingest, *stores):
        program.stop()


def test_an_ingest_that_is_removed_brings_nothing_more(folder):
    core = Keys(folder, "core")
    edges = [Keys(folder, name) for name in ("edge1", "edge2")]
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    store = goflow.Store(
        folder, [], zmq_keys=core.folder, zmq_bind=endpoint).wait_until_ready()
    ingests = []
    for edge in edges:
        edge.allow("store", core)
        core.allow("ingest", edge)
        ingests.append(goflow.Ingest(
            folder, edge.name, zmq_keys=edge.folder, zmq_bind=[], zmq_connect=endpoint,
            ack_timeout=LEASE))
    store.send(signal.SIGHUP)
    sent = sum(send(ingest.wait_until_ready()) for ingest in ingests)
    case.wait_until_equal(store.rows, sent, 60, "rows before")
    remove(store, core, "ingest", edges[0])
    send(ingests[0])
    more = send(ingests[1])
    case.wait_until_equal(store.rows, sent + more, 60, "rows after")
    store.until(lambda: refused(store) >= 2, 30, "it is not refused")
    case.equal(store.rows(), sent + more, "rows at the end")
    ingests[0].kill()
    ingests[1].stop()
    store.stop()


def test_a_store_leaves_an_ingest_that_it_no_longer_allows(folder):
    core, edge = Keys(folder, "core"), Keys(folder, "edge")
    edge.allow("store", core)
    core.allow("ingest", edge)
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    ingest = goflow.Ingest(
        folder, zmq_keys=edge.folder, zmq_bind=endpoint, ack_timeout=LEASE).wait_until_ready()
    store = goflow.Store(folder, f"{endpoint}#edge", zmq_keys=core.folder).wait_until_ready()
    sent = send(ingest)
    wait_until_stored(ingest, sent)
    remove(store, core, "ingest", edge)
    store.until(
        lambda: "no allowed peer has the name behind '#'" in store.stderr, 30, "not a word")
    more = send(ingest)
    time.sleep(3)  # what does not come in this time is the test
    case.equal(store.rows(), sent, "rows of one that is not allowed")
    core.allow("ingest", edge)
    store.send(signal.SIGHUP)
    wait_until_stored(ingest, sent + more)
    case.equal(store.rows(), sent + more, "rows at the end")
    ingest.stop()
    store.stop()


def test_a_tap_that_is_removed_hears_nothing_more(folder):
    edge, reader, other = (Keys(folder, name) for name in ("edge", "reader", "other"))
    endpoint = f"tcp://127.0.0.1:{process.free_ports()}"
    taps = []
    for one in (reader, other):
        edge.allow("tap", one)
        one.allow("ingest", edge)
        taps.append([goflow.program("goflow-tap"), f"-connect={endpoint}", f"-zmq.keys={one.folder}"])
    ingest = goflow.Ingest(folder, zmq_keys=edge.folder, tap_bind=endpoint).wait_until_ready()
    removed, kept = (process.Process(name, words, folder) for name, words in zip(("a", "b"), taps))
    accepted = "goflow_link_peers_accepted_total"
    ingest.until(lambda: ingest.metrics().sum(accepted, kind="tap") == 2, 30, "no taps")
    time.sleep(0.5)  # a subscription follows its handshake
    send(ingest)
    removed.until(lambda: removed.stdout, 30, "no flow")
    kept.until(lambda: kept.stdout, 30, "no flow")
    remove(ingest, edge, "tap", reader)
    ingest.until(lambda: refused(ingest) >= 1, 30, "it is not refused")
    ingest.until(lambda: ingest.metrics().sum(accepted, kind="tap") == 3, 30, "the other is not back")
    time.sleep(0.5)
    before = len(removed.stdout), len(kept.stdout)
    send(ingest)
    kept.until(lambda: len(kept.stdout) > before[1], 30, "the other one hears nothing")
    case.equal(len(removed.stdout), before[0], "what the removed one has heard")
    for program in (ingest, removed, kept):
        program.kill()


if __name__ == "__main__":
    case.main(globals())
