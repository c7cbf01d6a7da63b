#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- kill -9 while rows beside flows are under way: all, once.
"""
Counters and options data have numbers of their own, and an exporter of its own for each round of
losses, so that rows are compared with what was sent, one by one. The table of options is a plain
one here: the engine that it has else would hide what is there twice. Each fault is tried on the
embedded engine, served to another store over HTTP, and on a real server of another age.
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
import goflow  # noqa: E402
import numbered  # noqa: E402
import router  # noqa: E402

ARRIVE_S = 90
LEASE = "2s"  # the least that the clock of an old server can tell
NETFLOW5 = 2
OPTIONS_TABLE = """
CREATE TABLE netflow_options (
    TimeReceived DateTime, ScopeID UInt64, Value String, IngestID UInt64, BatchSequence UInt64
) ENGINE = MergeTree ORDER BY ScopeID
"""
ROUNDS = 3
ROWS = 30
SEED = random.SystemRandom().randrange(1 << 32)


class Told:
    """All that was sent and accepted."""

    def __init__(self):
        self.counters = []
        self.options = []
        self.losses = {}

    def send(self, ingest):
        """New counters and options data; waits until the ingest has accepted their rows."""
        before = packed(ingest)
        first = len(self.counters) + 1
        for number in range(first, first + ROWS):
            router.send(
                ingest.port, router.sflow(number, router.interface_counters(number, number * 10)),
                router.interface_name(number, b"port%d" % number))
            self.counters.append((number, number * 10))
            self.options.append((number, f"port{number}"))
        case.wait_until_equal(
            lambda: packed(ingest), {kind: rows + ROWS for kind, rows in before.items()},
            ARRIVE_S, "rows packed")
        case.wait_until_equal(lambda: on_their_way(ingest), 0, ARRIVE_S, "rows not accepted yet")

    def send_flows(self, ingest):
        """An exporter that was not there before, and leaves out five flows."""
        exporter = f"127.0.0.{10 + len(self.losses)}"
        sequences = [1, *range(7, 20)]
        router.send(ingest.port, *map(router.netflow5, sequences), source=exporter)
        self.losses[exporter] = (len(sequences), 5)
        case.wait_until_equal(
            lambda: ingest.metrics().sum("goflow_flows_total"), len(sequences), ARRIVE_S, "flows")

    def check(self, database):
        note = f"(seed {SEED})"
        case.wait_until_equal(
            lambda: sorted(rows(database, "counters", "SourceIndex, InOctets")), self.counters,
            ARRIVE_S, f"counters {note}")
        case.wait_until_equal(
            lambda: sorted(rows(database, "options", "ScopeID, Value")), self.options,
            ARRIVE_S, f"options {note}")
        case.wait_until_equal(lambda: losses(database), self.losses, ARRIVE_S, f"losses {note}")


def packed(ingest):
    by_kind = ingest.metrics().by("goflow_batch_records_total", "kind")
    return {kind: by_kind[kind] for kind in ("counters", "options")}


def on_their_way(ingest):
    """Rows that the publisher has not taken yet."""
    page = ingest.metrics()
    taken = page.sum("goflow_link_records_in_total")
    recovered = page.sum("goflow_link_records_recovered_total")
    return page.sum("goflow_batch_records_total") - (taken - recovered)


def rows(database, kind, columns):
    """Tuples; none while the table is not there."""
    table = f"netflow_{kind}"
    known = database.query(f"SELECT name FROM system.tables WHERE name = '{table}'")
    found = database.query(f"SELECT {columns} FROM {table}") if known else []
    return [tuple(row.values()) for row in found]


def losses(database):
    """{exporter of flows: (datagrams, lost)}; a minute may have ended meanwhile."""
    sums = {}
    for exporter, protocol, *amounts in rows(
            database, "loss", "SamplerAddress, Type, Datagrams, UnitsLost"):
        if protocol == NETFLOW5:
            sums[exporter] = tuple(map(sum, zip(sums.get(exporter, (0, 0)), amounts)))
    return sums


def start_database(kind, folder):
    database = kind(folder)
    database.query(OPTIONS_TABLE)
    return database


def start_ingest(folder, name="ingest", **settings):
    return goflow.Ingest(
        folder, name=name, ack_timeout=LEASE, zmq_bind=f"ipc://{folder}/link.ipc",
        **settings).wait_until_ready()


def start_store(folder, database, name="store"):
    return goflow.Store(
        folder, f"ipc://{folder}/link.ipc", name=name, block_age="50ms",
        ch_addr=f"127.0.0.1:{database.http_port}").wait_until_ready()


def kill_stores(folder, kind):
    chance = random.Random(SEED)
    told = Told()
    database = start_database(kind, folder)
    for turn in range(ROUNDS):
        store = start_store(folder, database, f"store{turn}")
        ingest = start_ingest(folder, f"ingest{turn}", stop_timeout=f"{ARRIVE_S}s")
        told.send(ingest)
        told.send_flows(ingest)
        ingest.send(signal.SIGTERM)  # which makes rows of losses
        time.sleep(chance.random() / 4)  # the moment is the test
        store.kill()
        store = start_store(folder, database, f"other{turn}")
        case.equal(ingest.wait(ARRIVE_S), 0, "exit status of the ingest")
        store.stop()
    told.check(database)


def kill_ingests(folder, kind):
    chance = random.Random(SEED)
    told = Told()
    database = start_database(kind, folder)
    start_store(folder, database)
    for turn in range(ROUNDS):
        ingest = start_ingest(folder, f"ingest{turn}", spool_dir=folder / "spool")
        told.send(ingest)
        time.sleep(chance.random() / 2)  # the moment is the test
        ingest.kill()
    ingest = start_ingest(folder, "last", spool_dir=folder / "spool")
    told.check(database)
    numbered.check_counters(ingest, what="records")


def kill_both(folder, kind):
    chance = random.Random(SEED)
    told = Told()
    database = start_database(kind, folder)
    for turn in range(ROUNDS):
        ingest = start_ingest(
            folder, f"teller{turn}", spool_dir=folder / "spool", stop_timeout="100ms")
        told.send_flows(ingest)
        ingest.stop()
        ingest = start_ingest(folder, f"ingest{turn}", spool_dir=folder / "spool")
        told.send(ingest)
        store = start_store(folder, database, f"store{turn}")
        time.sleep(chance.random() * 2)  # a lease of the process before must run out first
        chance.choice([ingest.kill, store.kill])()
        time.sleep(chance.random() / 4)
        ingest.kill()
        store.kill()
    ingest = start_ingest(folder, "last", spool_dir=folder / "spool")
    start_store(folder, database, "last-store")
    told.check(database)
    numbered.check_counters(ingest, what="records")


def test_a_store_killed_at_random_moments(folder):
    kill_stores(folder, engine_server.Engine)


def test_a_store_of_a_server_killed_at_random_moments(folder):
    kill_stores(folder, clickhouse.Server)


def test_an_ingest_with_a_spool_killed_at_random_moments(folder):
    kill_ingests(folder, engine_server.Engine)


def test_an_ingest_for_a_server_killed_at_random_moments(folder):
    kill_ingests(folder, clickhouse.Server)


def test_both_killed_with_losses_in_the_spool(folder):
    kill_both(folder, engine_server.Engine)


def test_both_killed_with_losses_in_the_spool_for_a_server(folder):
    kill_both(folder, clickhouse.Server)


if __name__ == "__main__":
    print(f"# seed {SEED}")
    case.main(globals())
