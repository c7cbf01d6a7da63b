#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- stops and starts while the database is away.
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

LEASE = "1s"
STOP_S = 2
SLACK_S = 25  # of a busy machine
FOR_EVER = "1h"


def start_ingest(folder, **settings):
    return goflow.Ingest(
        folder, ack_timeout=LEASE, batch_flows=500, **settings).wait_until_ready()


def start_store(folder, ingest, port, name="store", stop_timeout=f"{STOP_S}s"):
    return goflow.Store(
        folder, ingest.endpoint, name=name, ch_addr=f"127.0.0.1:{port}", block_age="50ms",
        stop_timeout=stop_timeout).wait_until_ready()


def hold(store):
    """Until the store has rows that it cannot write, and has tried a few times."""
    case.wait_for(
        lambda: store.metrics().sum("goflow_write_rows_waiting") > 0, SLACK_S, "rows in the store")
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_database_up"), 0, SLACK_S, "database_up")


def stop_in_time(program):
    """By itself, with status 0, not long after -stop.timeout."""
    started = time.monotonic()
    program.stop(STOP_S + SLACK_S)
    return time.monotonic() - started


def check_rest(folder, ingest, database, flows):
    """Another store writes what the one that stopped could not."""
    start_store(folder, ingest, database.http_port, name="next")
    flows.check(database.query)
    numbered.check_counters(ingest)


def test_a_store_stops_while_its_database_is_dead(folder):
    database = engine_server.Engine(folder)
    ingest = start_ingest(folder)
    store = start_store(folder, ingest, database.http_port)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    flows.check(database.query)
    database.kill()
    flows.send(ingest)
    hold(store)
    stop_in_time(store)
    case.true("stopped before a block could be written" in store.stderr, "says what it left")
    database.start_again()
    check_rest(folder, ingest, database, flows)


def test_a_store_stops_while_its_database_stands_still(folder):
    database = engine_server.Engine(folder)
    ingest = start_ingest(folder)
    store = start_store(folder, ingest, database.http_port)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    flows.check(database.query)
    database.store.send(signal.SIGSTOP)
    flows.send(ingest)
    stop_in_time(store)
    database.store.send(signal.SIGCONT)
    check_rest(folder, ingest, database, flows)


def test_a_store_starts_before_its_database(folder):
    port = process.free_ports()
    ingest = start_ingest(folder)
    store = start_store(folder, ingest, port)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    hold(store)
    database = engine_server.Engine(folder, port)
    flows.check(database.query)
    numbered.check_counters(ingest)
    stop_in_time(store)


def test_the_second_sigterm_ends_a_store_at_once(folder):
    database = engine_server.Engine(folder)
    ingest = start_ingest(folder)
    store = start_store(folder, ingest, database.http_port, stop_timeout=FOR_EVER)
    flows = numbered.Flows(folder)
    database.kill()
    flows.send(ingest)
    hold(store)
    end_by_two_signals(store)
    database.start_again()
    check_rest(folder, ingest, database, flows)


def test_the_second_sigterm_ends_an_ingest_at_once(folder):
    ingest = start_ingest(folder, stop_timeout=FOR_EVER)
    numbered.Flows(folder).send(ingest)
    end_by_two_signals(ingest)


def end_by_two_signals(program):
    program.send(signal.SIGTERM)
    case.wait_for(lambda: program.get("/healthz") is None, SLACK_S, "the stop begins")
    case.true(program.is_running, "the first signal does not wait")
    program.send(signal.SIGTERM)
    case.equal(program.wait(SLACK_S), -signal.SIGTERM, "status")


if __name__ == "__main__":
    case.main(globals())
