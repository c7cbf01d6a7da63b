#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- kill -9 and SIGSTOP at random moments: all rows, once.
"""
Each fault with the embedded engine, in the store that dies or served to it, and with a real server of
another age. Rows are compared with what was sent, one by one.
"""
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

ROUNDS = 4
LEASE = "2s"  # the least that the clock of an old server can tell
LEASE_OVER_S = 4  # lease, margin and some more
SEED = random.SystemRandom().randrange(1 << 32)


class Inside:
    """The engine is in the store, and dies with it."""

    def __init__(self, folder):
        self.folder = folder
        self.store = None

    def start_store(self, endpoint, name="store"):
        self.store = goflow.Store(
            self.folder, endpoint, name=name, ch_path=self.folder / "data").wait_until_ready()
        return self.store

    def query(self, statement):
        return self.store.query(statement)


class Beside:
    """A database that lives on: an engine_server.Engine or a clickhouse.Server."""

    def __init__(self, folder, database):
        self.folder = folder
        self.query = database.query
        self.address = f"127.0.0.1:{database.http_port}"

    def start_store(self, endpoint, name="store"):
        return goflow.Store(
            self.folder, endpoint, name=name, block_age="50ms",
            ch_addr=self.address).wait_until_ready()


def start_ingest(folder, **settings):
    return goflow.Ingest(
        folder, ack_timeout=LEASE, batch_flows=500, **settings).wait_until_ready()


def check(database, flows, ingest):
    flows.check(database.query, seed=SEED)
    numbered.check_counters(ingest)


def kill_stores(folder, database):
    chance = random.Random(SEED)
    ingest = start_ingest(folder)
    flows = numbered.Flows(folder)
    for _ in range(ROUNDS):
        store = database.start_store(ingest.endpoint)
        flows.send(ingest)
        time.sleep(chance.random())  # the moment is the test
        store.kill()
    database.start_store(ingest.endpoint)
    check(database, flows, ingest)


def kill_ingests(folder, database):
    chance = random.Random(SEED)
    flows = numbered.Flows(folder)
    database.start_store(f"ipc://{folder}/ingest.ipc")
    for _ in range(ROUNDS):
        ingest = start_ingest(folder, spool_dir=folder / "spool")
        flows.send(ingest)
        time.sleep(chance.random() / 2)  # the moment is the test
        ingest.kill()
    ingest = start_ingest(folder, spool_dir=folder / "spool")
    check(database, flows, ingest)


def kill_both(folder, database):
    """First while the link was dead, so that all there is is in the spool; then under way."""
    settings = {"spool_dir": folder / "spool", "window_bytes": "1MiB"}
    flows = numbered.Flows(folder)
    for _ in range(2):
        ingest = start_ingest(folder, **settings)
        flows.send(ingest, count=1000, pps=4000)
        ingest.kill()
    ingest = start_ingest(folder, **settings)
    case.equal(
        ingest.metrics().sum("goflow_link_flows_recovered_total"), flows.count, "flows recovered")
    store = database.start_store(ingest.endpoint)
    case.wait_for(
        lambda: numbered.count_rows(database.query, "netflow") > 0, 60, "the first rows")
    store.kill()
    ingest.kill()
    ingest = start_ingest(folder, **settings)
    database.start_store(ingest.endpoint)
    check(database, flows, ingest)


def stop_stores(folder, database):
    """One of two comes back each time with stale work."""
    chance = random.Random(SEED)
    ingest = start_ingest(folder)
    stores = [database.start_store(ingest.endpoint, name) for name in ("first", "second")]
    flows = numbered.Flows(folder)
    for turn in range(ROUNDS):
        stopped = stores[turn % 2]
        flows.send(ingest)
        time.sleep(chance.random() / 2)  # the moment is the test
        stopped.send(signal.SIGSTOP)
        flows.send(ingest)
        time.sleep(LEASE_OVER_S)
        stopped.send(signal.SIGCONT)
    check(database, flows, ingest)


def test_a_store_killed_at_random_moments(folder):
    kill_stores(folder, Inside(folder))


def test_a_store_of_a_server_killed_at_random_moments(folder):
    kill_stores(folder, Beside(folder, clickhouse.Server(folder)))


def test_an_ingest_with_a_spool_killed_at_random_moments(folder):
    kill_ingests(folder, Inside(folder))


def test_an_ingest_for_a_server_killed_at_random_moments(folder):
    kill_ingests(folder, Beside(folder, clickhouse.Server(folder)))


def test_both_killed_after_the_link_was_dead(folder):
    kill_both(folder, Inside(folder))


def test_both_killed_after_the_link_to_a_server_was_dead(folder):
    kill_both(folder, Beside(folder, clickhouse.Server(folder)))


def test_a_store_that_was_stopped_comes_back_with_stale_work(folder):
    stop_stores(folder, Beside(folder, engine_server.Engine(folder)))


def test_a_store_of_a_server_that_was_stopped_comes_back_with_stale_work(folder):
    stop_stores(folder, Beside(folder, clickhouse.Server(folder)))


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
