#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- names of batches: clocks set back, ids that stay, copies.
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
LEASE = "2s"
LEASE_OVER_S = 4


def clock(offset):
    return goflow.Place(
        ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME={offset}", "FAKETIME_DONT_FAKE_MONOTONIC=1"],
        "127.0.0.1")


def start_ingest(folder, **settings):
    return goflow.Ingest(
        folder, **{"ack_timeout": LEASE, "batch_flows": 300, **settings}).wait_until_ready()


def start_second_store(folder, store, endpoints):
    return goflow.Store(
        folder, endpoints, name="second", ch_addr=f"http://127.0.0.1:{store.sql_port}",
        block_age="50ms").wait_until_ready()


def ids(store):
    """Ingest ids in the table, as text: they have 64 bits."""
    return {row["id"] for row in store.query(
        "SELECT DISTINCT toString(IngestID) AS id FROM netflow")}


def names_used_twice(store):
    """Batches are at most 300 flows, so that a name with more rows was given out twice."""
    return store.query(
        "SELECT toString(BatchSequence) AS s, count() AS c FROM netflow"
        " GROUP BY IngestID, BatchSequence HAVING c > 300")


def check_clock_set_back(folder, **settings):
    ingest = start_ingest(folder, place=clock("+0"), **settings)
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    second = start_second_store(folder, store, ingest.endpoint)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=200)
    if settings:
        second.send(signal.SIGSTOP)  # it keeps some batches; those behind them are stored
        flows.send(ingest, count=2000)
        ingest.kill()
    else:
        flows.check(store.query)
        ingest.stop()
    for offset in ("-1d", "-2d"):
        ingest = start_ingest(folder, place=clock(offset), **settings)
        flows.send(ingest, count=1000)
        if settings:
            second.send(signal.SIGCONT)
        numbered.check_counters(ingest)
        ingest.stop()
    flows.check(store.query)
    case.equal(names_used_twice(store), [], "names that were used twice")
    case.equal(len(ids(store)), 1, "ids of the ingest")


def test_a_clock_that_is_a_day_earlier_at_each_start_with_a_spool(folder):
    check_clock_set_back(folder, spool_dir=folder / "spool")


def test_a_clock_that_is_a_day_earlier_at_each_start_without_a_spool(folder):
    check_clock_set_back(folder)


def test_an_id_outlives_the_process_without_a_spool(folder):
    ingest = start_ingest(folder)
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    flows = numbered.Flows(folder)
    for end in ("kill", "stop", "kill"):
        flows.send(ingest, count=50)
        flows.check(store.query)
        numbered.check_counters(ingest)
        getattr(ingest, end)()
        ingest = start_ingest(folder)
    case.equal(len(ids(store)), 1, "ids of the ingest")


def test_a_second_ingest_of_a_host_has_an_id_of_its_own(folder):
    one = start_ingest(folder, name="one")
    two = start_ingest(folder, name="two")
    store = goflow.Store(folder, [one.endpoint, two.endpoint]).wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(one, count=50)
    flows.send(two, count=50)
    flows.check(store.query)
    case.equal(len(ids(store)), 2, "ids")
    case.true("another ingest has the first identity" in two.stderr, f"not logged: {two.stderr}")


def copy_of(folder, name):
    """The spool and identity of an ingest that does not run."""
    copied = folder / f"{name}-spool"
    shutil.copytree(folder / "spool", copied)
    return copied


def check_copies(folder, stores, waiting):
    """A machine and its copy, started at once; `waiting` datagrams are in both spools."""
    ingest = start_ingest(folder, spool_dir=folder / "spool")
    flows = numbered.Flows(folder)
    flows.send(ingest, count=max(waiting, 1))
    ingest.kill()
    copied = copy_of(folder, "copy")
    one = start_ingest(folder, name="one", spool_dir=folder / "spool")
    two = start_ingest(folder, name="two", spool_dir=copied)
    endpoints = [one.endpoint, two.endpoint]
    store = goflow.Store(folder, endpoints).wait_until_ready()
    peers = [store]
    if stores == 2:
        peers.append(start_second_store(folder, store, endpoints))
    for _ in range(4):
        flows.send(one, count=100)
        flows.send(two, count=100)
        time.sleep(LEASE_OVER_S / 2)
    flows.check(store.query)
    numbered.check_counters(one, two)
    case.equal(names_used_twice(store), [], "names that were used twice")
    changes = [page.metrics().sum("goflow_link_id_changes_total") for page in (one, two)]
    case.equal(sorted(changes), [0, 1], "ids given up")
    for page in (one, two):
        case.true("the id of this ingest" in page.stderr, f"{page.name}: no line")
    logged = "".join(peer.stderr for peer in peers)
    case.true(
        "took another id" in logged or "two ingests have one id" in logged, "stores: no line")


def test_a_copied_machine(folder):
    check_copies(folder, stores=1, waiting=1)


def test_a_copied_machine_with_a_full_spool(folder):
    check_copies(folder, stores=1, waiting=600)


def test_a_copied_machine_with_two_stores(folder):
    check_copies(folder, stores=2, waiting=600)


if __name__ == "__main__":
    case.main(globals())
