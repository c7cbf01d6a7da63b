#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the spool's disk fails, or goes away, while it is in use.
"""Each time: a state that is said, nothing is lost that the window holds, and it goes on after."""
import errno
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import failing_disk  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LEASE = "1s"
NOTICED_S = 20


def start_ingest(folder, name="ingest", **settings):
    return goflow.Ingest(
        folder, name=name, ack_timeout=LEASE, batch_flows=500, spool_dir=folder / "spool",
        **settings).wait_until_ready()


def start_store(folder, ingest, name="store"):
    return goflow.Store(
        folder, ingest.endpoint, name=name, ch_path=folder / "data").wait_until_ready()


def wait_until_writable(ingest, expected):
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_spool_is_writable"), expected, NOTICED_S,
        "spool_is_writable")


def waiting(ingest):
    return ingest.metrics().sum("goflow_link_flows_waiting")


def check_that_it_survives(folder, ingest, store, flows):
    """What is accepted now is on the disk: killed and started again, the ingest still has it."""
    flows.check(store.query)
    numbered.check_counters(ingest)
    store.kill()
    flows.send(ingest)
    ingest.kill()
    ingest = start_ingest(folder, name="again")
    store = start_store(folder, ingest, name="last")
    flows.check(store.query)
    numbered.check_counters(ingest)


def test_it_turns_read_only_and_writable_again(folder):
    disk = failing_disk.Disk(folder)
    ingest = start_ingest(folder, place=disk.place)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    disk.fail("write", errno.EROFS)
    flows.send(ingest)
    wait_until_writable(ingest, 0)
    case.true("Read-only file system" in ingest.stderr, f"says why: {ingest.failure()}")
    store = start_store(folder, ingest)
    flows.check(store.query)
    flows.send(ingest)
    disk.mend()
    flows.send(ingest)
    wait_until_writable(ingest, 1)
    lines = [line for line in ingest.stderr.splitlines() if "the disk takes batches again" in line]
    case.equal(len(lines), 1, f"lines about its return: {lines}")
    case.true(re.search(r" after_s=\d+ memory_only_batches=[1-9]\d* memory_only_flows=[1-9]", lines[0]), lines[0])
    check_that_it_survives(folder, ingest, store, flows)


def test_it_cannot_be_read_for_a_while(folder):
    disk = failing_disk.Disk(folder)
    ingest = start_ingest(folder, place=disk.place, window_bytes="1MiB")
    flows = numbered.Flows(folder)
    flows.send(ingest, count=2000, pps=4000)
    disk.fail("read", errno.EIO)
    store = start_store(folder, ingest)
    ingest.until(lambda: "cannot read" in ingest.stderr, NOTICED_S, "says so")
    case.wait_for(lambda: store.rows() > 0, NOTICED_S, "rows of what is in memory")
    case.true(waiting(ingest) > 0, "all was in memory: nothing was tried")
    disk.mend()
    check_that_it_survives(folder, ingest, store, flows)


def test_it_confirms_nothing_for_a_while(folder):
    disk = failing_disk.Disk(folder)
    ingest = start_ingest(folder, place=disk.place, spool_sync="100ms")
    flows = numbered.Flows(folder)
    flows.send(ingest)
    disk.fail("sync", errno.EIO)

    def sync_errors():
        flows.send(ingest, count=1)
        return ingest.metrics().sum("goflow_spool_sync_errors_total")

    case.wait_for(lambda: sync_errors() > 2, NOTICED_S, "syncs that failed")
    case.equal(ingest.stderr.count("cannot sync"), 1, "lines in the log")
    disk.mend()
    flows.send(ingest)
    check_that_it_survives(folder, ingest, start_store(folder, ingest), flows)


def test_its_folder_is_removed(folder):
    ingest = start_ingest(folder)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    shutil.rmtree(folder / "spool")
    ingest.until(lambda: "the folder is gone" in ingest.stderr, NOTICED_S, "says so")
    wait_until_writable(ingest, 1)
    flows.send(ingest)
    check_that_it_survives(folder, ingest, start_store(folder, ingest), flows)


def mount(device, folder):
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", device, folder], check=True)


def unmount(folder):
    return subprocess.run(["umount", "-l", folder], check=False, capture_output=True)


def test_it_is_pulled_out_and_put_in_again(folder):
    device, spool = folder / "device", folder / "spool"
    device.mkdir()
    mount(device, spool)
    case.at_case_end.append(lambda: unmount(spool))
    ingest = start_ingest(folder, window_bytes="1MiB")
    flows = numbered.Flows(folder)
    flows.send(ingest, count=1000, pps=4000)
    unmount(spool)
    spool.rmdir()
    spool.write_text("no folder, so that nothing can be put there")
    flows.send(ingest, count=10)
    wait_until_writable(ingest, 0)
    spool.unlink()
    mount(device, spool)
    wait_until_writable(ingest, 1)
    flows.send(ingest, count=1000, pps=4000)
    check_that_it_survives(folder, ingest, start_store(folder, ingest), flows)


def test_what_it_refused_is_written_when_it_has_room_again(folder):
    """So that the ingest may be killed then."""
    disk = failing_disk.Disk(folder)
    ingest = start_ingest(folder, place=disk.place)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=100)
    disk.fail("write", errno.ENOSPC)
    flows.send(ingest, count=100)
    wait_until_writable(ingest, 0)
    disk.mend()
    flows.send(ingest, count=100)
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_spool_flows_total"), flows.count, NOTICED_S,
        "flows in the spool")
    ingest.kill()
    ingest = start_ingest(folder, name="again")
    store = start_store(folder, ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)


if __name__ == "__main__":
    case.main(globals())
