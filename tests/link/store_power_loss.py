#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the machine of the embedded engine loses power: no row is lost.
import errno
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import failing_disk  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import power_tree  # noqa: E402

ROUNDS = 4
SEED = random.SystemRandom().randrange(1 << 32)
PARTS_S = 60


def start_ingest(folder):
    return goflow.Ingest(
        folder, ack_timeout="1s", batch_flows=500, spool_sync="0s", spool_dir=folder / "spool",
        ).wait_until_ready()


def start_store(folder, ingest, disk, turn):
    return goflow.Store(
        folder, ingest.endpoint, name=f"store{turn}", place=disk.place, ch_path=disk.root,
        block_age="50ms").wait_until_ready()


def test_every_acknowledged_row_survives(folder):
    """What a store acknowledged is gone from the spool, so only the engine's folder has it."""
    chance = random.Random(SEED)
    disk = power_tree.Disk(folder, folder / "data")
    ingest = start_ingest(folder)
    flows = numbered.Flows(folder)
    for turn in range(ROUNDS):
        store = start_store(folder, ingest, disk, turn)
        flows.send(ingest)
        time.sleep(chance.random())  # the moment is the test
        disk.fail(store)
    store = start_store(folder, ingest, disk, ROUNDS)
    flows.check(store.query, seed=SEED)
    numbered.check_counters(ingest)
    store.stop()
    ingest.stop()


def test_broken_part_is_named_and_the_rest_is_there(folder):
    ingest = start_ingest(folder)
    store = goflow.Store(folder, ingest.endpoint, ch_path=folder / "data").wait_until_ready()
    store.query("SYSTEM STOP MERGES")
    flows = numbered.Flows(folder)
    for _ in range(2):
        flows.send(ingest, count=20)
        case.wait_until_equal(store.rows, flows.count, PARTS_S, "rows")
    part = store.query(
        "SELECT path, rows FROM system.parts WHERE table = 'netflow' AND active LIMIT 1")[0]
    store.stop()
    (pathlib.Path(part["path"]) / "data.bin").write_bytes(b"")
    store = goflow.Store(
        folder, ingest.endpoint, name="again", ch_path=folder / "data").wait_until_ready()
    case.equal(store.rows(), flows.count - part["rows"], "rows of the other parts")
    case.equal(store.metrics().sum("goflow_engine_broken_parts"), 1, "broken parts")
    case.true("parts=1" in store.stderr, "a line in the log names them")
    store.stop()
    ingest.stop()


def test_what_the_spool_has_of_a_broken_part_comes_again(folder):
    """The disk never confirmed the part, so its batches are not acknowledged, and then it is broken."""
    disk = failing_disk.Disk(folder)
    ingest = start_ingest(folder)
    store = goflow.Store(
        folder, ingest.endpoint, place=disk.place, ch_path=folder / "data",
        block_age="50ms").wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=20)
    case.wait_until_equal(store.rows, flows.count, PARTS_S, "rows")
    confirmed = flows.count
    wait_until_stored(ingest, confirmed)
    store.query("SYSTEM STOP MERGES")
    disk.fail("syncfs", errno.EIO)
    flows.send(ingest, count=20)
    case.wait_until_equal(store.rows, flows.count, PARTS_S, "rows that are not confirmed")
    case.equal(stored(ingest), confirmed, "flows acknowledged")
    part = store.query(
        "SELECT path, rows FROM system.parts WHERE table = 'netflow' AND active "
        "ORDER BY modification_time DESC, name DESC LIMIT 1")[0]
    store.kill()
    disk.mend()
    (pathlib.Path(part["path"]) / "data.bin").write_bytes(b"")
    store = goflow.Store(
        folder, ingest.endpoint, name="again", ch_path=folder / "data").wait_until_ready()
    case.equal(store.metrics().sum("goflow_engine_broken_parts"), 1, "broken parts")
    flows.check(store.query)
    numbered.check_counters(ingest)
    store.stop()
    ingest.stop()


def stored(ingest):
    return ingest.metrics().sum("goflow_link_flows_stored_total")


def wait_until_stored(ingest, flows):
    case.wait_until_equal(lambda: stored(ingest), flows, PARTS_S, "flows acknowledged")


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
