#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a database that dies, stops, refuses, is late, loses answers.
"""
Each fault on the embedded engine, served to another store over HTTP, and on a real server of another
age, into a table that the user made. Rows are compared with what was sent, one by one.
"""
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

SEED = random.SystemRandom().randrange(1 << 32)
FAULTS = 2
LEASE = "2s"
LEASE_OVER_S = 4  # lease, margin and some more
DEATHS = 2
STOPS = 3
TABLE = """
CREATE TABLE netflow (
    TimeReceived DateTime, SrcAddr String, DstAddr String, SrcPort UInt32, DstPort UInt32,
    Proto UInt32, Bytes UInt64, Packets UInt32, IngestID UInt64, BatchSequence UInt64
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""


class Server(clickhouse.Server):
    """Debian's, with a table that the user made."""

    def __init__(self, folder):
        super().__init__(folder)
        self.query(TABLE)

    def start_again(self):
        self.start()


class Older:
    """The embedded engine, which seems to lack the clock that ClickHouse has since 2025."""

    def __init__(self, folder):
        engine = engine_server.Engine(folder)
        self.proxy = faulty_proxy.Proxy(engine.http_port)
        self.proxy.spoil(faulty_proxy.hide, b"nowInBlock64", faulty_proxy.FOR_EVER)
        self.http_port = self.proxy.port
        self.query = engine.query


def run_through_proxy(folder, database, fault, delay_s=1, timeout="10s"):
    proxy = faulty_proxy.Proxy(database.http_port, delay_s)
    ingest = goflow.Ingest(folder, batch_flows=500, ack_timeout=LEASE).wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{proxy.port}", ch_timeout=timeout,
        block_age="100ms").wait_until_ready()
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_database_up"), 1, 30, "database_up")
    proxy.spoil(fault, b"query=INSERT", FAULTS)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=1000, pps=1000)
    case.wait_until_equal(lambda: proxy.left, 0, 60, "faults left")
    time.sleep(2 * delay_s)  # what is late must have come before rows are counted
    flows.check(database.query)
    numbered.check_counters(ingest)


def start_store(folder, ingest, database, name="store"):
    return goflow.Store(
        folder, ingest.endpoint, name=name, ch_addr=f"127.0.0.1:{database.http_port}",
        block_age="50ms").wait_until_ready()


def check_deaths(folder, database):
    chance = random.Random(SEED)
    ingest = goflow.Ingest(folder, batch_flows=500, ack_timeout=LEASE).wait_until_ready()
    start_store(folder, ingest, database)
    flows = numbered.Flows(folder)
    for _ in range(DEATHS):
        flows.send(ingest, count=500, pps=2000)
        time.sleep(chance.random() / 4)  # the moment is the test
        database.kill()
        flows.send(ingest, count=200, pps=2000)
        database.start_again()
    flows.check(database.query, seed=SEED)
    numbered.check_counters(ingest)


def check_stops(folder, database):
    """It stands still in the middle of an INSERT whose store dies, while another store takes over."""
    chance = random.Random(SEED)
    ingest = goflow.Ingest(folder, batch_flows=500, ack_timeout=LEASE).wait_until_ready()
    flows = numbered.Flows(folder)
    for turn in range(STOPS):
        store = start_store(folder, ingest, database, f"store{turn}")
        flows.send(ingest, count=500, pps=2000)
        time.sleep(chance.random() / 4)  # the moment is the test
        database.send(signal.SIGSTOP)
        store.kill()
        other = start_store(folder, ingest, database, f"other{turn}")
        flows.send(ingest, count=200, pps=2000)
        time.sleep(LEASE_OVER_S)
        database.send(signal.SIGCONT)
        flows.check(database.query, seed=SEED)
        other.stop()
    numbered.check_counters(ingest)


def test_engine_stopped_in_mid_insert(folder):
    check_stops(folder, engine_server.Engine(folder))


def test_server_stopped_in_mid_insert(folder):
    check_stops(folder, Server(folder))


def test_engine_killed_in_mid_insert(folder):
    check_deaths(folder, engine_server.Engine(folder))


def test_server_killed_in_mid_insert(folder):
    check_deaths(folder, Server(folder))


def test_engine_answers_500(folder):
    run_through_proxy(folder, engine_server.Engine(folder), faulty_proxy.refuse)


def test_server_answers_500(folder):
    run_through_proxy(folder, Server(folder), faulty_proxy.refuse)


def test_engine_takes_the_body_and_closes_the_connection(folder):
    run_through_proxy(folder, engine_server.Engine(folder), faulty_proxy.lose_answer)


def test_server_takes_the_body_and_closes_the_connection(folder):
    run_through_proxy(folder, Server(folder), faulty_proxy.lose_answer)


def test_engine_answers_after_the_timeout(folder):
    run_through_proxy(folder, engine_server.Engine(folder), faulty_proxy.answer_late, 1.5, timeout="500ms")


def test_server_answers_after_the_timeout(folder):
    run_through_proxy(folder, Server(folder), faulty_proxy.answer_late, 1.5, timeout="500ms")


def test_engine_gets_a_request_after_the_store_gave_it_up(folder):
    run_through_proxy(folder, engine_server.Engine(folder), faulty_proxy.deliver_late, 4, timeout="500ms")


def test_older_engine_gets_a_request_after_the_store_gave_it_up(folder):
    older = Older(folder)
    run_through_proxy(folder, older, faulty_proxy.deliver_late, 4, timeout="500ms")
    case.true(older.proxy.left < faulty_proxy.FOR_EVER, "nobody asked for its clock")


def test_server_gets_a_request_after_the_store_gave_it_up(folder):
    run_through_proxy(folder, Server(folder), faulty_proxy.deliver_late, 4, timeout="500ms")


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
