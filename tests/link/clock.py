#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- wall clocks that jump, hours ahead and back again.
"""The clock is libfaketime's: it reads an offset from a file, which the test changes."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
JUMPS = ("+3h", "-5h", "+0", "-90s")


class Clock:
    """Monotonic time stays as it is, as when an operator or NTP sets a clock."""

    def __init__(self, folder, name):
        self.file = folder / f"{name}.clock"
        self.jump("+0")
        self.place = goflow.Place(
            ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
             "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1"], "127.0.0.1")

    def jump(self, offset):
        self.file.write_text(offset + "\n")


def start_ingest(folder, place=goflow.HERE):
    return goflow.Ingest(
        folder, place=place, ack_timeout="1s", batch_flows=300,
        spool_dir=folder / "spool").wait_until_ready()


def check_jumps(folder, clock, ingest, database):
    flows = numbered.Flows(folder)
    for offset in JUMPS:
        flows.send(ingest, count=200)
        clock.jump(offset)
        flows.send(ingest, count=200)
    flows.check(database.query)
    numbered.check_counters(ingest)


def test_of_the_ingest(folder):
    clock = Clock(folder, "ingest")
    ingest = start_ingest(folder, clock.place)
    check_jumps(folder, clock, ingest, goflow.Store(folder, ingest.endpoint).wait_until_ready())


def flows_by_day(store, amount, table):
    known = store.query(f"SELECT name FROM system.tables WHERE name = '{table}'")
    rows = known and store.query(
        f"SELECT toDate(TimeReceived) AS day, {amount} AS flows FROM {table} GROUP BY day")
    return {row["day"]: row["flows"] for row in rows if row["flows"] > 0}


def test_the_ledger_tells_of_a_minute_when_it_ends_and_of_the_day_of_its_flows(folder):
    clock = Clock(folder, "ingest")
    ingest = goflow.Ingest(folder, place=clock.place, stop_timeout="60s").wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=20)
    before = flows.count
    clock.jump("+1d")
    flows.send(ingest, count=20)
    case.wait_for(
        lambda: sum(flows_by_day(store, "sum(FlowsAccepted)", "netflow_loss").values()) >= before,
        60, "rows of the first minute")
    ingest.stop()
    accepted = flows_by_day(store, "sum(FlowsAccepted)", "netflow_loss")
    case.equal(accepted, flows_by_day(store, "count()", "netflow"), "flows by day")
    case.equal(sum(accepted.values()), flows.count, "flows accepted")
    store.stop()


def test_of_the_store_and_its_engine(folder):
    clock = Clock(folder, "store")
    ingest = start_ingest(folder)
    store = goflow.Store(folder, ingest.endpoint, place=clock.place).wait_until_ready()
    check_jumps(folder, clock, ingest, store)


def test_of_the_database_alone(folder):
    clock = Clock(folder, "database")
    ingest = start_ingest(folder)
    database = engine_server.Engine(folder, place=clock.place)
    goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{database.http_port}").wait_until_ready()
    check_jumps(folder, clock, ingest, database)


if __name__ == "__main__":
    case.main(globals())
