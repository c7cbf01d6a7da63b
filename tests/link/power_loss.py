#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the ingest's machine loses power: what was synced arrives.
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import power  # noqa: E402

LEASE = "1s"
ROUNDS = 4
SEED = random.SystemRandom().randrange(1 << 32)
SYNCED_S = 30


def start(folder, name, disk, sync):
    return goflow.Ingest(
        folder, name=name, place=disk.place, ack_timeout=LEASE, batch_flows=500, spool_sync=sync,
        spool_dir=disk.files, zmq_bind=f"ipc://{folder}/link.ipc").wait_until_ready()


def start_store(folder):
    return goflow.Store(folder, f"ipc://{folder}/link.ipc").wait_until_ready()


def test_nothing_is_lost_when_each_batch_is_synced(folder):
    """First nobody takes what is accepted; then a store does."""
    chance = random.Random(SEED)
    disk = power.Disk(folder, folder / "spool", chance)
    flows = numbered.Flows(folder)
    store = None
    for turn in range(ROUNDS):
        ingest = start(folder, f"ingest{turn}", disk, "0s")
        flows.send(ingest)
        time.sleep(chance.random())  # the moment is the test
        disk.fail(ingest)
        store = store or (start_store(folder) if turn > 0 else None)
    ingest = start(folder, "last", disk, "0s")
    flows.check(store.query, seed=SEED)
    numbered.check_counters(ingest)


def test_what_was_synced_in_time_is_not_lost(folder):
    disk = power.Disk(folder, folder / "spool", random.Random(SEED))
    ingest = start(folder, "first", disk, "200ms")
    flows = numbered.Flows(folder)
    flows.send(ingest)
    case.wait_for(disk.has_all, SYNCED_S, f"all is synced (seed {SEED})")
    synced = flows.count
    flows.send(ingest)
    disk.fail(ingest)
    ingest = start(folder, "second", disk, "200ms")
    store = start_store(folder)
    numbered.check_counters(ingest)
    flows.check(store.query, seed=SEED, certain=synced)


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
