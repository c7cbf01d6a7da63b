#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- replicas: one takes an INSERT and is gone, one is behind.
"""
A replicated table of Debian's clickhouse-server and zookeeper. A replica takes INSERTs whose answers
are lost, and is killed; the other one has not fetched the parts; the store is killed. Another store,
whose blocks have other sizes, asks the replica that is left. When the first one is back every flow is
there once. And a replica that hangs is passed over.
"""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import replicas  # noqa: E402

TABLE = """
CREATE TABLE replicated (
    TimeReceived DateTime, SrcAddr String, DstAddr String, NextHop String, SrcPort UInt32,
    DstPort UInt32, Proto UInt32, Etype UInt32, TCPFlags UInt32, IPTos UInt32, InIf UInt32,
    OutIf UInt32, SrcAS UInt32, DstAS UInt32, SrcNet UInt32, DstNet UInt32, SequenceNum UInt32,
    Bytes UInt64, Packets UInt64, IngestID UInt64, BatchSequence UInt64
) ENGINE = ReplicatedMergeTree('/tables/replicated', '{replica}')
PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""
LEASE = "2s"
LOSSES = 3


def create(pair):
    for server in pair.servers:
        server.query(TABLE.replace("{replica}", server.name))


def addresses(proxy, nodes):
    return [f"127.0.0.1:{proxy.port}"] + [f"127.0.0.1:{node.http_port}" for node in nodes[1:]]


def test_a_replica_that_is_behind_is_not_believed(folder):
    pair = replicas.Pair(folder)
    first, second = pair.servers
    create(pair)
    proxy = faulty_proxy.Proxy(first.http_port)
    ingest = goflow.Ingest(
        folder, batch_flows=500, ack_timeout=LEASE, records=False).wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_addr=addresses(proxy, pair.servers), block_age="1s",
        ch_table="replicated",
        ch_timeout="5s").wait_until_ready()
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_database_up"), 1, 30, "database_up")
    second.query("SYSTEM STOP FETCHES")
    proxy.spoil(faulty_proxy.lose_answer, b"query=INSERT", LOSSES)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=800, pps=4000)
    case.wait_for(lambda: proxy.left < LOSSES, 30, "no answer was lost")
    case.wait_for(
        lambda: first.value("SELECT count() FROM replicated") > 0, 30, "the first has no rows")
    store.kill()
    first.kill()
    case.true(second.value("SELECT count() FROM replicated") == 0, "the second replica has the rows")
    other = goflow.Store(
        folder, ingest.endpoint, name="other", ch_table="replicated", block_rows=8192,
        block_age="50ms", ch_timeout="5s",
        ch_addr=addresses(proxy, pair.servers)).wait_until_ready()
    other.until(lambda: "until a replica can tell" in other.stderr, 60, "it does not see the delay")
    held = flows.count
    flows.send(ingest, count=200, pps=2000)
    case.wait_for(
        lambda: second.value("SELECT count() FROM replicated") >= flows.count - held, 60,
        "new flows wait, too")
    time.sleep(5)  # long enough for what a store must not do
    first.start()
    second.query("SYSTEM START FETCHES")
    flows.check(second.query, "replicated")
    flows.check(first.query, "replicated")
    other.until(lambda: "can tell again" in other.stderr, 60, "it does not say that all is well")
    numbered.check_counters(ingest)


def check_hanging(folder, stop, resume):
    """The settings are the default ones. The first server hangs while it is in use."""
    pair = replicas.Pair(folder)
    first, second = pair.servers
    create(pair)
    proxy = faulty_proxy.Proxy(first.http_port)
    ingest = goflow.Ingest(folder, batch_flows=500).wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_table="replicated",
        ch_addr=addresses(proxy, pair.servers)).wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=200, pps=1000)
    flows.check(second.query, "replicated")
    flows.send(ingest, count=20, pps=1000)
    before = flows.count
    stop(first, proxy)
    began = time.monotonic()
    flows.send(ingest, count=200, pps=1000)
    later = f"SELECT count() FROM replicated WHERE Bytes > {before}"
    case.wait_for(
        lambda: second.value(later) >= flows.count - before, 30,
        f"rows at the second address; {store.stderr[-800:]}")
    print(f"# rows at the second address after {time.monotonic() - began:.1f} s")
    resume(first, proxy)
    flows.check(second.query, "replicated")
    flows.check(first.query, "replicated")
    numbered.check_counters(ingest)


def test_a_replica_that_stands_still_is_passed_over(folder):
    check_hanging(
        folder, lambda node, _: node.send(signal.SIGSTOP), lambda node, _: node.send(signal.SIGCONT))


def test_a_replica_whose_network_is_cut_is_passed_over(folder):
    """The clock of the first server is read, and then its INSERT goes nowhere."""

    def cut(_, proxy):
        proxy.spoil(faulty_proxy.swallow_from, b"query=INSERT", faulty_proxy.FOR_EVER)

    check_hanging(folder, cut, lambda _, proxy: proxy.spoil(None, b"", 0))


def test_a_table_that_a_replica_lost_is_not_made_anew_there(folder):
    pair = replicas.Pair(folder)
    first, second = pair.servers
    create(pair)
    ingest = goflow.Ingest(
        folder, batch_flows=500, ack_timeout=LEASE, records=False).wait_until_ready()
    first.query("DROP TABLE replicated")
    second.kill()
    store = goflow.Store(
        folder, ingest.endpoint, ch_table="replicated", ch_timeout="5s",
        ch_addr=[f"127.0.0.1:{node.http_port}" for node in pair.servers]).wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=100, pps=1000)
    store.until(lambda: "does not answer: start it" in store.stderr, 60, "it does not say why it waits")
    case.equal(first.value("EXISTS TABLE replicated"), 0, "tables of that name on the first server")
    second.start()
    flows.check(second.query, "replicated")
    case.equal(first.value("EXISTS TABLE replicated"), 0, "tables of that name on the first server")
    store.stop()
    ingest.stop()


if __name__ == "__main__":
    case.main(globals())
