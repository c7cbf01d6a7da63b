#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- several ingests and stores, some killed, some stopped.
"""
Who calls whom is tried both ways: stores that connect to ingests, and ingests, as behind NAT, that
connect to stores. All stores write into one database, the embedded engine or a real server.
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
import process  # noqa: E402

SEED = random.SystemRandom().randrange(1 << 32)
LEASE = "2s"  # the least that the clock of an old server can tell
LEASE_OVER_S = 4  # lease, margin and some more
STORES = 3
INGESTS = 2


class Crowd:
    """Ingests with spools, and stores; faults are its methods."""

    def __init__(self, folder, database, are_ingests_called):
        self.folder = folder
        self.database = database
        self.generation = 0
        self.are_ingests_called = are_ingests_called
        count = INGESTS if are_ingests_called else STORES
        self.endpoints = [f"tcp://127.0.0.1:{process.free_ports(2)}" for _ in range(count)]
        self.ingests = [self.start_ingest(index) for index in range(INGESTS)]
        self.stores = [self.start_store(index) for index in range(STORES)]

    def start_ingest(self, index):
        called = self.are_ingests_called
        return goflow.Ingest(
            self.folder, name=self.next_name("ingest"), spool_dir=self.folder / f"spool{index}",
            ack_timeout=LEASE, batch_flows=300,
            zmq_bind=self.endpoints[index] if called else [],
            zmq_connect=[] if called else self.endpoints).wait_until_ready()

    def start_store(self, index):
        called = self.are_ingests_called
        return goflow.Store(
            self.folder, self.endpoints if called else [], name=self.next_name("store"),
            zmq_bind=[] if called else self.endpoints[index], block_age="50ms",
            ch_addr=f"127.0.0.1:{self.database.http_port}").wait_until_ready()

    def next_name(self, kind):
        self.generation += 1
        return f"{kind}{self.generation}"

    def send(self, flows):
        for ingest in self.ingests:
            flows.send(ingest, count=150, pps=3000)

    def kill_store(self, chance, _flows):
        index = chance.randrange(STORES)
        self.stores[index].kill()
        self.stores[index] = self.start_store(index)

    def kill_ingest(self, chance, _flows):
        index = chance.randrange(INGESTS)
        self.ingests[index].kill()
        self.ingests[index] = self.start_ingest(index)

    def stop_store(self, chance, flows):
        store = chance.choice(self.stores)
        store.send(signal.SIGSTOP)
        self.send(flows)
        time.sleep(LEASE_OVER_S)
        store.send(signal.SIGCONT)

    def stop_ingest(self, chance, _flows):
        ingest = chance.choice(self.ingests)
        ingest.send(signal.SIGSTOP)
        time.sleep(LEASE_OVER_S)
        ingest.send(signal.SIGCONT)


def disturb(folder, database, are_ingests_called):
    chance = random.Random(SEED)
    crowd = Crowd(folder, database, are_ingests_called)
    flows = numbered.Flows(folder)
    faults = [crowd.kill_store, crowd.kill_ingest, crowd.stop_store, crowd.stop_ingest]
    for fault in chance.sample(faults, len(faults)):
        crowd.send(flows)
        time.sleep(chance.random() / 2)  # the moment is the test
        fault(chance, flows)
    flows.check(database.query, seed=SEED)
    numbered.check_counters(*crowd.ingests)


def test_stores_call_ingests(folder):
    disturb(folder, engine_server.Engine(folder), are_ingests_called=True)


def test_ingests_call_stores(folder):
    disturb(folder, engine_server.Engine(folder), are_ingests_called=False)


def test_stores_of_a_server_call_ingests(folder):
    disturb(folder, clickhouse.Server(folder), are_ingests_called=True)


def test_ingests_call_stores_of_a_server(folder):
    disturb(folder, clickhouse.Server(folder), are_ingests_called=False)


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
