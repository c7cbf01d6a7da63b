#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- ingests and stores die while the database stands still.
"""
The database is stopped, so stores stop reading and the input of their connections stops with them.
Meanwhile ingests and stores are killed. Nothing may end by itself, and all rows are there once.
--seconds N for more than the short run.
"""
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

SEED = random.SystemRandom().randrange(1 << 32)
LEASE = "2s"
STILL_S = (4, 9)  # shorter and longer than a lease with its margin


class Rig:
    """An ingest with a spool and two stores of one database."""

    def __init__(self, folder, are_stores_called):
        self.folder = folder
        self.are_stores_called = are_stores_called
        self.generation = 0
        self.kills = {"ingest": 0, "store": 0}
        self.database = engine_server.Engine(folder)
        self.endpoints = [f"tcp://127.0.0.1:{process.free_ports(2)}" for _ in range(2)]
        self.ingest = self.start_ingest()
        self.stores = [self.start_store(index) for index in range(2)]

    def name(self, kind):
        self.generation += 1
        return f"{kind}{self.generation}"

    def start_ingest(self):
        called = self.are_stores_called
        return goflow.Ingest(
            self.folder, name=self.name("ingest"), spool_dir=self.folder / "spool",
            ack_timeout=LEASE, batch_flows=100,
            zmq_bind=[] if called else self.endpoints[0],
            zmq_connect=self.endpoints if called else []).wait_until_ready()

    def start_store(self, index):
        called = self.are_stores_called
        return goflow.Store(
            self.folder, [] if called else self.endpoints[0], name=self.name("store"),
            zmq_bind=self.endpoints[index] if called else [], block_age="50ms",
            block_rows=8192, ch_addr=f"127.0.0.1:{self.database.http_port}")

    def kill(self, kind, program):
        case.true(program.is_running, f"{program.name} ended by itself: {program.failure()}")
        program.kill()
        self.kills[kind] += 1

    def kill_ingest(self):
        self.kill("ingest", self.ingest)
        self.ingest = self.start_ingest()

    def kill_store(self, index):
        self.kill("store", self.stores[index])
        self.stores[index] = self.start_store(index)

    def check_alive(self):
        for program in (self.ingest, *self.stores):
            case.true(program.is_running, f"{program.name} ended by itself: {program.failure()}")


def stand_still(folder, are_stores_called, seconds):
    chance = random.Random(SEED)
    rig = Rig(folder, are_stores_called)
    flows = numbered.Flows(folder)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        flows.send(rig.ingest, count=100, pps=3000)
        rig.database.send(signal.SIGSTOP)
        until = time.monotonic() + chance.uniform(*STILL_S)
        while time.monotonic() < until:
            flows.send(rig.ingest, count=200, pps=3000)  # fills the pipes of stores
            time.sleep(chance.random())  # the moment is the test
            if chance.random() < 0.7:
                rig.kill_ingest()
            else:
                rig.kill_store(chance.randrange(2))
            rig.check_alive()
        rig.database.send(signal.SIGCONT)
        time.sleep(chance.random() * 4)  # how long it works is the test
        rig.check_alive()
    case.wait_for(
        lambda: numbered.count_rows(rig.database.query, "netflow") >= flows.count, 600,
        f"{flows.count} rows")
    rows = rig.database.query("SELECT count() AS c, uniqExact(Bytes) AS u FROM netflow")[0]
    case.equal(
        (int(rows["c"]), int(rows["u"])), (flows.count, flows.count), f"rows (seed {SEED})")
    rig.check_alive()
    print(f"# {rig.kills}, {flows.count} flows, seed {SEED}")


def test_stores_that_call(folder):
    stand_still(folder, False, case.Settings.own.seconds)


def test_stores_that_are_called(folder):
    stand_still(folder, True, case.Settings.own.seconds)


if __name__ == "__main__":
    case.main(globals(), seconds=15)
