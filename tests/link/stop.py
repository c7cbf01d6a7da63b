#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- stops and starts while the database is away.
import pathlib
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

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


class Question(threading.Thread):
    """A statement over -ch.serve, and what became of it."""

    def __init__(self, database, statement):
        super().__init__(daemon=True)
        self.port = database.http_port
        self.statement = statement
        self.answer = None
        self.start()
        case.wait_for(lambda: self.is_under_way(database), SLACK_S, "the statement runs")

    def is_under_way(self, database):
        return any(row["query"] == self.statement for row in database.query(
            "SELECT query FROM system.processes"))

    def run(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", self.statement.encode())
        try:
            with urllib.request.urlopen(request, timeout=10 * SLACK_S) as response:
                self.answer = response.read().decode()
        except urllib.error.HTTPError as error:
            self.answer = error.read().decode()
        except OSError as error:
            self.answer = f"nothing: {error}"


def test_a_stop_waits_for_a_query_of_a_client(folder):
    database = engine_server.Engine(folder)
    question = Question(database, "SELECT sum(sleepEachRow(0.5)) FROM numbers(4) SETTINGS max_block_size = 1")
    database.store.stop(SLACK_S)
    question.join(SLACK_S)
    case.equal(question.answer, "0\n", "the answer")


def test_a_query_that_outlasts_a_stop_is_ended(folder):
    database = engine_server.Engine(folder, stop_timeout=f"{STOP_S}s")
    question = Question(database, "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
    stop_in_time(database.store)
    question.join(SLACK_S)
    case.true("QUERY_WAS_CANCELLED" in question.answer, question.answer)
    case.true("queries that outlast -stop.timeout are ended" in database.store.stderr, "one line in the log")


def test_a_query_that_cannot_be_ended_does_not_keep_a_store(folder):
    """One call of a function, which looks at nothing until it is over."""
    database = engine_server.Engine(folder, stop_timeout=f"{STOP_S}s")
    flows = numbered.Flows(folder)
    ingest = start_ingest(folder)
    start_store(folder, ingest, database.http_port)
    flows.send(ingest)
    flows.check(database.query)
    Question(database, "SELECT sum(editDistance(materialize(repeat('a', 60000)), repeat('b', 60000))) "
             "FROM numbers(20)")
    database.store.stop(STOP_S + SLACK_S, status=1)
    case.true("a query does not end" in database.store.stderr, "one line in the log")
    database.start_again()
    flows.check(database.query)


def end_by_two_signals(program):
    program.send(signal.SIGTERM)
    case.wait_for(lambda: program.get("/healthz") is None, SLACK_S, "the stop begins")
    case.true(program.is_running, "the first signal does not wait")
    program.send(signal.SIGTERM)
    case.equal(program.wait(SLACK_S), -signal.SIGTERM, "status")


if __name__ == "__main__":
    case.main(globals())
