#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a Distributed table over replicas of which one is behind.
"""
A replica of the first shard takes the INSERTs, their answers are lost, and it is killed. The other one
has not fetched the parts. The store is killed, and another one asks. When all is back every flow is
there once. The store asks the local tables on the servers of -ch.addr, so each shard needs one there.
--all also takes a cluster of one shard.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import cluster  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LEASE = "2s"
LOSSES = 3
MAY_WAIT_S = 8  # long enough for what a store must not do


def start_store(folder, ingest, addresses, name, **settings):
    return goflow.Store(
        folder, ingest.endpoint, name=name, ch_addr=addresses, ch_timeout="5s",
        block_age="50ms", **settings).wait_until_ready()


def check_behind(folder, shards):
    whole = cluster.Cluster(folder, shards=shards)
    first, second = whole.shards[0]
    proxy = faulty_proxy.Proxy(first.http_port)
    addresses = [f"127.0.0.1:{proxy.port}"] + [
        f"127.0.0.1:{server.http_port}" for server in whole.servers[1:]]
    ingest = goflow.Ingest(
        folder, batch_flows=500, ack_timeout=LEASE, records=False).wait_until_ready()
    store = start_store(folder, ingest, addresses, "store")
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_database_up"), 1, 30, "database_up")
    second.query("SYSTEM STOP FETCHES local")
    proxy.spoil(faulty_proxy.lose_answer, b"query=INSERT", LOSSES)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=800, pps=4000)
    case.wait_for(lambda: proxy.left < LOSSES, 30, "an answer was lost")
    case.wait_for(lambda: first.value("SELECT count() FROM local") > 0, 30, "rows on that replica")
    store.kill()
    first.kill()
    other = start_store(folder, ingest, addresses, "other", block_rows=8192)
    other.until(lambda: "until a replica can tell" in other.stderr, 60, "it sees the delay")
    time.sleep(MAY_WAIT_S)
    first.start()
    second.query("SYSTEM START FETCHES local")
    whole.sync()
    flows.check(first.query)
    flows.check(second.query)
    numbered.check_counters(ingest)
    other.stop()


def test_a_shard_without_an_address_is_refused(folder):
    whole = cluster.Cluster(folder)
    ingest = goflow.Ingest(folder, records=False).wait_until_ready()
    store = start_store(folder, ingest, [f"127.0.0.1:{whole.servers[0].http_port}"], "store")
    store.until(lambda: "a replica of each shard" in store.stderr, 30, "words about the addresses")
    case.equal(store.metrics().sum("goflow_write_database_up"), 0, "database_up")


def test_one_shard_has_a_replica_that_is_behind(folder):
    if case.Settings.own.all:
        check_behind(folder, 1)


def test_two_shards_and_a_replica_that_is_behind(folder):
    check_behind(folder, 2)


if __name__ == "__main__":
    case.main(globals(), all=False)
