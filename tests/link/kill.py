#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- kill -9 and SIGSTOP at random moments: all rows, once.
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402

ARRIVE_S = 90
ROUNDS = 4
LEASE = "1s"
SEED = random.SystemRandom().randrange(1 << 32)


class Sums:
    """What was sent in all."""

    def __init__(self):
        self.flows = self.bytes = self.packets = 0

    def add(self, sent):
        self.flows += sent["flows"]
        self.bytes += sent["bytes"]
        self.packets += sent["packets"]


def check_table(store, sums):
    """Every flow is there, none twice: a batch that is there twice would show in its row count."""
    case.wait_until_equal(store.rows, sums.flows, ARRIVE_S, f"rows (seed {SEED})")
    case.equal(store.value("sum(Bytes)"), sums.bytes, f"bytes (seed {SEED})")
    case.equal(store.value("sum(Packets)"), sums.packets, f"packets (seed {SEED})")


def accepted(ingest):
    return ingest.metrics().sum("goflow_link_flows_in_total")


def send(ingest, sums, count=400, pps=2000):
    """Sends, and waits until the ingest has accepted all of it."""
    before = accepted(ingest)
    sent = ingest.replay(
        "-synthetic=netflow9", f"-count={count}", f"-pps={pps}", f"-seed={sums.flows + 1}")
    sums.add(sent)
    case.wait_until_equal(
        lambda: accepted(ingest) - before, sent["flows"], ARRIVE_S, "flows accepted")


def settle(ingest):
    """Nothing waits, nothing was dropped."""
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_waiting"), 0, ARRIVE_S, "flows waiting")
    case.equal(ingest.metrics().sum("goflow_link_flows_dropped_total"), 0, "flows dropped")


def start_ingest(folder, **settings):
    return goflow.Ingest(
        folder, ack_timeout=LEASE, batch_flows=500, **settings).wait_until_ready()


def test_a_store_killed_at_random_moments(folder):
    chance = random.Random(SEED)
    ingest = start_ingest(folder)
    sums = Sums()
    for _ in range(ROUNDS):
        store = goflow.Store(folder, ingest.endpoint, ch_path=folder / "data").wait_until_ready()
        send(ingest, sums)
        time.sleep(chance.random())  # the moment is the test
        store.kill()
    store = goflow.Store(folder, ingest.endpoint, ch_path=folder / "data").wait_until_ready()
    check_table(store, sums)
    settle(ingest)


def test_an_ingest_with_a_spool_killed_at_random_moments(folder):
    chance = random.Random(SEED)
    sums = Sums()
    store = goflow.Store(folder, f"ipc://{folder}/ingest.ipc").wait_until_ready()
    for _ in range(ROUNDS):
        ingest = start_ingest(folder, spool_dir=folder / "spool")
        send(ingest, sums)
        time.sleep(chance.random() / 2)  # the moment is the test
        ingest.kill()
    ingest = start_ingest(folder, spool_dir=folder / "spool")
    check_table(store, sums)
    settle(ingest)


def test_both_killed_while_the_link_was_dead(folder):
    sums = Sums()
    for _ in range(2):
        ingest = start_ingest(folder, spool_dir=folder / "spool", window_bytes="1MiB")
        send(ingest, sums, count=1000, pps=4000)
        ingest.kill()
    ingest = start_ingest(folder, spool_dir=folder / "spool", window_bytes="1MiB")
    case.equal(
        ingest.metrics().sum("goflow_link_flows_recovered_total"), sums.flows, "flows recovered")
    store = goflow.Store(folder, ingest.endpoint, ch_path=folder / "data").wait_until_ready()
    case.wait_for(lambda: store.rows() > 0, ARRIVE_S, "the first rows")
    store.kill()
    ingest.kill()
    ingest = start_ingest(folder, spool_dir=folder / "spool", window_bytes="1MiB")
    store = goflow.Store(folder, ingest.endpoint, ch_path=folder / "data").wait_until_ready()
    check_table(store, sums)
    settle(ingest)


def test_a_store_that_was_stopped_comes_back_with_stale_work(folder):
    ingest = start_ingest(folder)
    database = goflow.Store(folder, f"ipc://{folder}/nobody.ipc", name="db").wait_until_ready()
    stores = [
        goflow.Store(
            folder, ingest.endpoint, name=name, ch_addr="127.0.0.1",
            ch_port=database.sql_port).wait_until_ready()
        for name in ("first", "second")
    ]
    chance = random.Random(SEED)
    sums = Sums()
    for turn in range(ROUNDS):
        paused = stores[turn % 2]
        send(ingest, sums)
        time.sleep(chance.random() / 2)  # the moment is the test
        paused.send(signal.SIGSTOP)
        send(ingest, sums)
        time.sleep(2.5)  # longer than the lease and its margin
        paused.send(signal.SIGCONT)
    check_table(database, sums)
    settle(ingest)


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
