#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- one program is started again while the others live on.
"""
Flows go again after the restart, nothing that is promised is missing, and nothing is there twice.
The short run is a selection; --all runs the whole matrix: {ingest, store, database, launcher} x
{SIGTERM, kill -9} x {back after 0.2 s, 20 s, longer than all leases} x {spool, none} x {either side
binds} x {1, 3 stores} x {same, other address}.

--what TEXT     only cells whose name has it           --at N       so many cells at once
--lease S       leases of so many seconds              --server     Debian's ClickHouse as database
--old FOLDER    programs of the version before, with which each side is also tried

Rows are to flow 5 s after both sides are up. What a busy machine adds is not the programs' doing: so
a cell fails after LIMIT_S, or when a store waited for longer than a second between two looks at a
database that does not answer; cells over 5 s are counted.
"""
import concurrent.futures
import itertools
import json
import pathlib
import re
import subprocess
import sys
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

LEASE_S = 2
AWAY_S = {"soon": lambda: 0.2, "late": lambda: 20, "leases over": lambda: 2 * case.Settings.own.lease}
FLOWS = 300  # of each third
ARRIVE_S = 60
PROMISED_S = 5
LIMIT_S = 15
WAIT_MAX_MS = 1000  # while nothing answers
TABLE = """
CREATE TABLE netflow (
    TimeReceived DateTime, SrcAddr String, DstAddr String, SrcPort UInt32, DstPort UInt32,
    Proto UInt32, Bytes UInt64, Packets UInt32, IngestID UInt64, BatchSequence UInt64
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""


class Cell(typing.NamedTuple):
    what: str
    signal: str
    away: str
    spool: bool
    binds: str  # ingest or store
    stores: int
    address: str

    def __str__(self):
        return (f"{self.what} {self.signal} back {self.away}, {'spool' if self.spool else 'no spool'}, "
                f"{self.binds} binds, {self.stores} stores, {self.address} address")

    @property
    def is_possible(self):
        """Who calls has no address of its own; the launcher's programs meet on ipc."""
        if self.what == "launcher":
            return self.binds == "ingest"
        return self.address == "same" or self.what in ("database", self.binds)

    @property
    def loses(self):
        """What waits in memory goes with the process."""
        return self.signal == "kill" and not self.spool and self.what in ("ingest", "launcher")


MATRIX = [cell for cell in itertools.starmap(Cell, itertools.product(
    ("ingest", "store", "database", "launcher"), ("SIGTERM", "kill"), AWAY_S, (True, False),
    ("ingest", "store"), (1, 3), ("same", "other"))) if cell.is_possible]

SHORT = [
    Cell("ingest", "SIGTERM", "soon", False, "ingest", 1, "same"),
    Cell("ingest", "kill", "leases over", False, "ingest", 3, "other"),
    Cell("ingest", "kill", "soon", True, "store", 3, "same"),
    Cell("store", "kill", "soon", False, "store", 1, "other"),
    Cell("store", "SIGTERM", "leases over", True, "ingest", 1, "same"),
    Cell("database", "kill", "soon", False, "ingest", 1, "same"),
    Cell("database", "SIGTERM", "leases over", True, "store", 3, "other"),
]


class Server(clickhouse.Server):
    """Debian's ClickHouse with a table of the user's, as an engine_server.Engine."""

    def __init__(self, folder, http_port):
        super().__init__(folder)
        self.query(TABLE)
        self.kill()
        self.deaths = 0
        self.http_port = http_port
        self.start_again()

    @property
    def store(self):
        return self.process

    def start_again(self):
        self.start()


class Rig:
    """The programs of one cell, each in a folder of its own."""

    def __init__(self, folder, cell, old=()):
        self.folder = folder
        self.cell = cell
        self.generation = 0
        self.sent = 0
        self.address = 0  # index of the address that the program has now
        self.old = set(old)  # programs of the version before
        self.databases = [process.free_ports(2) for _ in range(2)]
        self.endpoints = [f"tcp://127.0.0.1:{process.free_ports(2)}" for _ in range(4)]
        self.port, self.metrics_port = process.free_ports(), process.free_ports()
        kind = Server if case.Settings.own.server else engine_server.Engine
        self.database = kind(folder, http_port=self.databases[0])
        self.ingest, self.stores = None, []
        if cell.what == "launcher":
            self.start_launcher()
        else:
            self.ingest = self.start_ingest()
            self.stores = [self.start_store(index) for index in range(cell.stores)]

    def name(self, kind):
        self.generation += 1
        return f"{kind}{self.generation}"

    def executable(self, kind):
        return case.Settings.own.old if kind in self.old else str(case.Settings.bin)

    def daemon(self, kind, settings):
        """A program with metrics, of this version or the one before."""
        port = process.free_ports()
        program = process.Process(
            self.name(kind), [f"{self.executable(kind)}/goflow-{kind}", *goflow.flags(
                {"metrics_addr": f"127.0.0.1:{port}", **settings})], self.folder)
        program.metrics_port = port
        program.until(lambda: goflow.document(port, "/metrics"), 60, "/metrics does not answer")
        return program

    def spool(self):
        known = {} if "ingest" in self.old else {"ingest_state": self.folder / "state"}
        return {**known, **({"spool_dir": self.folder / "spool"} if self.cell.spool else {})}

    def start_ingest(self):
        binds = self.cell.binds == "ingest"
        ends = [self.endpoints[self.address]] if binds else self.endpoints
        return self.daemon("ingest", {
            "nf_addr": "127.0.0.1", "nf_port": self.port, "nfl": False, "sflow": False,
            "tap_bind": "", "batch_age": "100ms", "batch_flows": 100,
            "ack_timeout": f"{case.Settings.own.lease}s", "zmq_bind" if binds else "zmq_connect": ends,
            "zmq_connect" if binds else "zmq_bind": [], **self.spool()})

    def start_store(self, index):
        binds = self.cell.binds == "store"
        ends = self.endpoints[3 if index == 0 and self.address else index] if binds \
            else self.endpoints[:2]
        return self.daemon("store", {
            "zmq_bind" if binds else "zmq_connect": ends, "block_age": "100ms", "loglevel": "debug",
            "ch_addr": [f"127.0.0.1:{port}" for port in self.databases]})

    def start_launcher(self):
        self.launcher = process.Process(self.name("launcher"), [
            case.Settings.bin / "goflow", *goflow.flags({
                "nf_addr": "127.0.0.1", "nf_port": self.port, "nfl": False, "sflow": False,
                "tap_bind": "", "stores": self.cell.stores, "batch_age": "100ms",
                "ack_timeout": f"{case.Settings.own.lease}s", "block_age": "100ms", "batch_flows": 100,
                "metrics_addr": f"127.0.0.1:{self.metrics_port}",
                "store_metrics_addr": f"127.0.0.1:{process.free_ports(self.cell.stores)}",
                "ch_addr": f"127.0.0.1:{self.databases[0]}", **self.spool()})], self.folder)
        self.launcher.until(
            lambda: goflow.document(self.metrics_port, "/metrics"), 60, "no metrics")
        self.ingest = self.launcher
        self.launcher.metrics_port = self.metrics_port

    def count(self, name):
        page = goflow.document(self.ingest.metrics_port, "/metrics")
        return goflow.Metrics(page).sum(name) if page else -1

    def send(self):
        """Flows with numbers of their own; waits until the ingest has accepted them."""
        before = self.count("goflow_link_flows_in_total")
        done = process.check(self.name("replay"), [
            goflow.program("goflow-replay"), "-synthetic=netflow5", f"-unique={self.sent + 1}",
            f"-count={FLOWS // 30}", "-pps=100", f"-target=127.0.0.1:{self.port}",
            "-format=json"], self.folder)
        flows = json.loads(done.stdout.strip().splitlines()[-1])["flows"]
        self.sent += flows
        case.wait_for(lambda: self.count("goflow_link_flows_in_total") >= before + flows,
                      ARRIVE_S, f"{flows} flows accepted")

    def rows(self, first):
        """(rows, different numbers) from this number on."""
        try:
            row = goflow.query(
                self.databases[self.address if self.cell.what == "database" else 0],
                f"SELECT count() AS c, uniqExact(Bytes) AS u FROM netflow WHERE Bytes >= {first}")[0]
        except (AssertionError, OSError):
            return -1, -1
        return int(row["c"]), int(row["u"])

    def wait_for_rows(self, first, seconds=ARRIVE_S):
        """How long it took until every flow from this number on was there."""
        started = time.monotonic()
        wanted = self.sent - first + 1
        case.wait_for(lambda: self.rows(first)[1] >= wanted, seconds,
                      f"{self.cell}: {wanted} rows, {self.rows(first)} there")
        return time.monotonic() - started

    def end(self, program):
        if self.cell.signal == "kill":
            program.child.kill()
            program.child.wait()
        else:
            program.child.terminate()
            program.wait(60)

    def restart(self):
        """Ends the program and starts it again; back when all are up."""
        what = self.cell.what
        victim = {"ingest": lambda: self.ingest, "store": lambda: self.stores[0],
                  "launcher": lambda: self.ingest, "database": lambda: self.database.store}[what]()
        self.end(victim)
        time.sleep(AWAY_S[self.cell.away]())  # how long it is away is the test
        self.address = int(self.cell.address == "other")
        if what == "ingest":
            self.ingest = self.start_ingest()
        elif what == "store":
            self.stores[0] = self.start_store(0)
        elif what == "launcher":
            self.port = process.free_ports() if self.address else self.port
            self.restart_launcher()
        else:
            self.database.deaths += 1
            self.database.http_port = self.databases[self.address]
            self.database.start_again()
            case.wait_for(lambda: self.rows(1)[0] >= 0, ARRIVE_S, "the database answers")

    def restart_launcher(self):
        """Children of a launcher that was killed may still have its ports."""
        for _ in range(60):
            try:
                return self.start_launcher()
            except AssertionError:
                time.sleep(1)
        raise AssertionError("the launcher does not start")

    def check_waits(self):
        """No store has waited for longer than it may until it looked for the database again."""
        log = "".join(path.read_text(errors="replace") for path in self.folder.glob("store*.err"))
        waits = [int(wait) for wait, error in re.findall(
            r"still no database wait_ms=(\d+) error=(.*)", log) if "Code: " not in error]
        case.true(max(waits, default=0) <= WAIT_MAX_MS, f"{self.cell}: waits of {max(waits, default=0)} ms")

    def stop(self):
        for program in (self.ingest, *self.stores, self.database.store):
            program.kill()


def run(cell, old=(), upgraded=()):
    """Seconds until flows were in the table that were sent after the restart."""
    folder = pathlib.Path(subprocess.check_output(
        ["mktemp", "-d", "/tmp/goflow-restart-XXXXXX"], text=True).strip())
    rig = Rig(folder, cell, old)
    rig.send()
    rig.wait_for_rows(1)
    certain = rig.sent
    rig.send()
    rig.old -= set(upgraded)
    rig.restart()
    after = rig.sent + 1
    rig.send()
    seconds = rig.wait_for_rows(after, LIMIT_S)
    if not cell.loses:
        rig.wait_for_rows(1)
    rows, numbers = rig.rows(1)
    case.true(rig.rows(1)[1] >= certain + rig.sent - after + 1, f"{cell}: rows of before are gone")
    case.equal(rows - numbers, 0, f"{cell}: rows that are there twice")
    rig.check_waits()
    rig.stop()
    subprocess.run(["rm", "-rf", folder], check=False)
    return seconds


def run_cells(cells, at_once):
    worst, failures, late = {}, [], 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        found = {pool.submit(run, cell): cell for cell in cells}
        for future in concurrent.futures.as_completed(found):
            cell = found[future]
            try:
                seconds = future.result()
                worst[cell.what] = max(worst.get(cell.what, 0), seconds)
                late += seconds > PROMISED_S
                print(f"# {seconds:.1f} s: {cell}", flush=True)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(f"{cell}: {case.first_line(error)}")
                print(f"# FAILED {failures[-1]}", flush=True)
    print(f"# {len(cells)} cells, {late} over {PROMISED_S} s, slowest {worst}")
    case.equal(failures, [], "cells that failed")


def test_a_restart_of_each():
    cells = [cell for cell in (MATRIX if case.Settings.own.all else SHORT)
             if case.Settings.own.what in str(cell)]
    run_cells(cells, case.Settings.own.at)


def test_a_restart_that_upgrades():
    """With --old only: each side is of the version before, and then of this one."""
    for old in ("ingest", "store") if case.Settings.own.old else ():
        for binds in ("ingest", "store"):
            for what in ("ingest", "store"):
                cell = Cell(what, "SIGTERM", "soon", True, binds, 1, "same")
                print(f"# {run(cell, old=[old]):.1f} s: old {old}, {cell}", flush=True)


if __name__ == "__main__":
    case.main(globals(), all=False, old="", what="", at=3, lease=LEASE_S, server=False)
