#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the disk of the embedded engine is full, or answers with errors.
"""
The engine itself takes a write that failed for one that worked, confirms INSERTs and replaces parts by
empty ones. Each time: nothing is acknowledged that is not there, and it goes on when the disk has room.
"""
import errno
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import failing_disk  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LEASE = "2s"
NOTICED_S = 20
REFUSES = "the disk refuses the engine's files"


def start_store(folder, ingest, name, **settings):
    return goflow.Store(
        folder, ingest.endpoint, name=name, ch_path=folder / "data", block_age="100ms",
        **settings).wait_until_ready()


def check_table(store, flows):
    flows.check(store.query)
    broken = [row for row in store.query("CHECK TABLE netflow") if not row["is_passed"]]
    case.equal(broken, [], "broken parts")


def test_inserts_and_merges_wait_for_room(folder):
    disk = failing_disk.Disk(folder)
    ingest = goflow.Ingest(
        folder, ack_timeout=LEASE, batch_flows=500, spool_dir=folder / "spool").wait_until_ready()
    store = start_store(folder, ingest, "store", place=disk.place)
    flows = numbered.Flows(folder)
    for _ in range(3):  # parts to merge
        flows.send(ingest, count=200)
        flows.check(store.query)
    stored = flows.count
    disk.fail("file", errno.ENOSPC)
    merge = threading.Thread(target=store.query, args=["OPTIMIZE TABLE netflow FINAL"])
    merge.start()
    store.until(lambda: REFUSES in store.stderr, NOTICED_S, "no line")
    flows.send(ingest)
    case.true(merge.is_alive(), "the merge did not wait")
    case.equal(store.rows(), stored, "rows that are answered while writes wait")
    disk.mend()
    merge.join(NOTICED_S)
    check_table(store, flows)
    numbered.check_counters(ingest)


def test_what_waits_at_the_stop_comes_again(folder):
    disk = failing_disk.Disk(folder)
    ingest = goflow.Ingest(
        folder, ack_timeout=LEASE, batch_flows=500, spool_dir=folder / "spool").wait_until_ready()
    store = start_store(folder, ingest, "store", place=disk.place)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    flows.check(store.query)
    disk.fail("file", errno.EIO)
    flows.send(ingest)
    store.until(lambda: REFUSES in store.stderr, NOTICED_S, "no line")
    store.stop(status=1)
    disk.mend()
    store = start_store(folder, ingest, "again")
    check_table(store, flows)
    numbered.check_counters(ingest)


if __name__ == "__main__":
    case.main(globals())
