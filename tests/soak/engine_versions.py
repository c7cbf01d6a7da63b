#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- one data folder goes back and forth between two versions.
"""
Each engine opens what the other one wrote and merged, also after kill -9, and takes rows at once.
The first run fetches the older engine (166 MB) as deploy/fetch-engine does the pinned one.
"""
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

OLDER = "26.5.3"
MOVES = 6
ARRIVE_S = 60
DATAGRAMS = 50


def fetch(*version):
    """The library's path."""
    return subprocess.check_output(
        [case.ROOT / "deploy" / "fetch-engine", *version], text=True).strip()


def start_store(folder, ingest, library, move):
    return goflow.Store(
        folder, ingest.endpoint, name=f"store{move}", ch_path=folder / "data", ch_lib=library,
        block_age="50ms").wait_until_ready()


def version_of(store):
    return store.query("SELECT version() AS v")[0]["v"]


def broken_parts(store):
    return store.metrics().sum("goflow_engine_broken_parts")


def move(folder, end):
    """`end` stops the store of one version; the next store has the other."""
    libraries = [fetch(OLDER), fetch()]
    ingest = goflow.Ingest(
        folder, ack_timeout="1s", spool_dir=folder / "spool").wait_until_ready()
    flows = numbered.Flows(folder)
    versions = set()
    for turn in range(MOVES):
        store = start_store(folder, ingest, libraries[turn % 2], turn)
        started = time.monotonic()
        flows.send(ingest, count=DATAGRAMS)
        case.wait_until_equal(store.rows, flows.count, ARRIVE_S, f"rows after move {turn}")
        versions.add(version_of(store))
        print(f"# {version_of(store)}: {flows.count} rows after {time.monotonic() - started:.1f} s",
              flush=True)
        case.equal(broken_parts(store), 0, "broken parts")
        store.query("OPTIMIZE TABLE netflow FINAL")
        flows.send(ingest, count=DATAGRAMS)
        end(store)
    case.equal(len(versions), 2, f"versions that ran: {versions}")
    store = start_store(folder, ingest, libraries[0], MOVES)
    flows.check(store.query)
    numbered.check_counters(ingest)
    store.stop()
    ingest.stop()


def test_moves_of_a_folder_whose_store_stopped(folder):
    move(folder, lambda store: store.stop())


def test_moves_of_a_folder_whose_store_was_killed(folder):
    move(folder, lambda store: store.kill())


if __name__ == "__main__":
    case.main(globals())
