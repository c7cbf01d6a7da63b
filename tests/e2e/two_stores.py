#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- two stores share one ingest: each a part, all once.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

DATAGRAMS = 4000
ARRIVE_S = 60


def check_shared(folder, ingest_settings, endpoint):
    """Small batches, so that both stores get many; sums of both tables equal what was sent."""
    ingest = goflow.Ingest(folder, batch_flows=200, **ingest_settings)
    stores = [
        goflow.Store(folder, endpoint(ingest), name=name).wait_until_ready()
        for name in ("first", "second")
    ]
    ingest.wait_until_ready()
    sent = ingest.replay("-synthetic=netflow9", f"-count={DATAGRAMS}", "-pps=4000", "-seed=2")
    case.wait_until_equal(
        lambda: sum(store.rows() for store in stores), sent["flows"], ARRIVE_S, "rows in both")
    for what, column in (("bytes", "Bytes"), ("packets", "Packets")):
        found = sum(store.value(f"sum({column})") for store in stores)
        case.equal(found, sent[what], f"{what} in both tables")
    for store in stores:
        case.true(store.rows() > 0, f"{store.name} got nothing")
    check_no_batch_twice(stores)
    ingest.stop()
    for store in stores:
        store.stop()


def check_no_batch_twice(stores):
    batches = [
        {(row["i"], row["b"]) for row in store.query(
            f"SELECT DISTINCT IngestID AS i, BatchSequence AS b FROM {store.table}")}
        for store in stores
    ]
    both = batches[0] & batches[1]
    case.true(not both, f"{len(both)} batches are in both tables")


def test_over_ipc(folder):
    check_shared(folder, {}, lambda ingest: ingest.endpoint)


def test_over_tcp(folder):
    port = process.free_ports(2)  # the return channel is one above
    endpoint = f"tcp://127.0.0.1:{port}"
    check_shared(folder, {"zmq_bind": endpoint}, lambda _: endpoint)


def test_a_store_that_comes_later_gets_its_part(folder):
    ingest = goflow.Ingest(folder, batch_flows=200).wait_until_ready()
    first = goflow.Store(folder, ingest.endpoint, name="first").wait_until_ready()
    sent = ingest.replay("-synthetic=netflow5", "-count=500", "-seed=3")["flows"]
    case.wait_until_equal(first.rows, sent, ARRIVE_S, "rows in the first store")
    second = goflow.Store(folder, ingest.endpoint, name="second").wait_until_ready()

    def second_has_rows():
        nonlocal sent
        sent += ingest.replay("-synthetic=netflow5", "-count=500", "-seed=4")["flows"]
        return second.rows() > 0

    case.wait_for(second_has_rows, ARRIVE_S, "rows in the second store")
    case.wait_until_equal(
        lambda: first.rows() + second.rows(), sent, ARRIVE_S, "rows in both")


def test_stores_that_bind_and_an_ingest_that_connects(folder):
    ports = [process.free_ports(2) for _ in range(2)]
    stores = [
        goflow.Store(
            folder, [], name=f"store{port}", zmq_bind=f"tcp://127.0.0.1:{port}").wait_until_ready()
        for port in ports
    ]
    ingest = goflow.Ingest(
        folder, zmq_bind=[], zmq_connect=[f"tcp://127.0.0.1:{port}" for port in ports],
        batch_flows=200).wait_until_ready()
    sent = ingest.replay("-synthetic=ipfix", "-count=1000", "-pps=2000", "-seed=5")
    case.wait_until_equal(
        lambda: sum(store.rows() for store in stores), sent["flows"], ARRIVE_S, "rows in both")
    ingest.stop()


if __name__ == "__main__":
    case.main(globals())
