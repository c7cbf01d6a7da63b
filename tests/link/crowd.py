#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- several ingests and stores, some killed, some stopped.
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

SEED = random.SystemRandom().randrange(1 << 32)
LEASE = "1s"
LEASE_OVER_S = 2.5  # lease, margin and some more
ROUNDS = 4
STORES = 3
INGESTS = 2


class Crowd:
    """Ingests with spools, stores that all write into the engine of one more store."""

    def __init__(self, folder, are_ingests_called):
        self.folder = folder
        self.database = goflow.Store(
            folder, f"ipc://{folder}/nobody.ipc", name="database").wait_until_ready()
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
            ch_addr=f"127.0.0.1:{self.database.sql_port}").wait_until_ready()

    def next_name(self, kind):
        self.generation += 1
        return f"{kind}{self.generation}"

    def send(self, flows):
        for ingest in self.ingests:
            flows.send(ingest, count=150, pps=3000)

    def kill_store(self, chance):
        index = chance.randrange(STORES)
        self.stores[index].kill()
        self.stores[index] = self.start_store(index)

    def kill_ingest(self, chance):
        index = chance.randrange(INGESTS)
        self.ingests[index].kill()
        self.ingests[index] = self.start_ingest(index)

    def stop_a_store_for_a_while(self, chance, flows):
        store = chance.choice(self.stores)
        store.send(signal.SIGSTOP)
        self.send(flows)
        time.sleep(LEASE_OVER_S)
        store.send(signal.SIGCONT)


def disturb(folder, are_ingests_called):
    chance = random.Random(SEED)
    crowd = Crowd(folder, are_ingests_called)
    flows = numbered.Flows(folder)
    for _ in range(ROUNDS):
        crowd.send(flows)
        time.sleep(chance.random() / 2)  # the moment is the test
        what = chance.choice(["kill store", "kill ingest", "stop store"])
        if what == "kill store":
            crowd.kill_store(chance)
        elif what == "kill ingest":
            crowd.kill_ingest(chance)
        else:
            crowd.stop_a_store_for_a_while(chance, flows)
    flows.check(crowd.database.query, seed=SEED)
    for ingest in crowd.ingests:
        case.wait_until_equal(
            lambda page=ingest: page.metrics().sum("goflow_link_flows_waiting"), 0, 60,
            f"{ingest.name}: flows waiting (seed {SEED})")
        case.equal(
            ingest.metrics().sum("goflow_link_flows_dropped_total"), 0, f"{ingest.name}: dropped")


def test_stores_call_ingests(folder):
    disturb(folder, are_ingests_called=True)


def test_ingests_call_stores(folder):
    disturb(folder, are_ingests_called=False)


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
