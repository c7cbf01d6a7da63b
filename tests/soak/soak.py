#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- minutes of full load with a fault every few seconds.
"""
soak.py [--seconds 600] [--rate 100000] [--seed N]

One ingest with a spool, two stores, one database that they share. Stores are killed and stopped for
longer than their leases, the database is killed and stopped, in an order that the seed decides. The
ingest is not: what it had not yet accepted when it dies is nobody's promise (tests/link kills it).
"""
import collections
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

FLOWS_IN_DATAGRAM = 30
LEASE = "3s"
PAUSES_S = (1, 7)  # shorter and longer than lease and margin
QUIET_S = (2, 8)
DRAIN_S = 300


class Line:
    """Everything but the exporter; faults are its methods."""

    def __init__(self, folder, chance):
        self.folder = folder
        self.chance = chance
        self.generation = 0
        self.sql_port = process.free_ports()
        self.start_database()
        self.ingest = goflow.Ingest(
            folder, ack_timeout=LEASE, spool_dir=folder / "spool", spool_bytes="8GiB",
            window_bytes="64MiB").wait_until_ready()
        self.stores = [self.start_store() for _ in range(2)]

    def start_database(self):
        self.database = goflow.Store(
            self.folder, f"ipc://{self.folder}/nobody.ipc", name=self.next_name("database"),
            ch_path=self.folder / "data", ch_serve=f"127.0.0.1:{self.sql_port}")
        self.database.sql_port = self.sql_port
        self.database.wait_until_ready()

    def start_store(self):
        return goflow.Store(
            self.folder, self.ingest.endpoint, name=self.next_name("store"), ch_timeout="5s",
            ch_addr=f"127.0.0.1:{self.sql_port}").wait_until_ready()

    def next_name(self, kind):
        self.generation += 1
        return f"{kind}{self.generation}"

    def kill_store(self):
        index = self.chance.randrange(len(self.stores))
        self.stores[index].kill()
        self.stores[index] = self.start_store()

    def kill_database(self):
        self.database.kill()
        self.start_database()

    def stop_store(self):
        self.pause(self.chance.choice(self.stores))

    def stop_database(self):
        self.pause(self.database)

    def pause(self, program):
        program.send(signal.SIGSTOP)
        time.sleep(self.chance.choice(PAUSES_S))
        program.send(signal.SIGCONT)


def memory_mib(program):
    """The most it ever had."""
    for line in pathlib.Path(f"/proc/{program.child.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) >> 10
    return 0


def cpu_s(program):
    """User and system time of all its threads."""
    stat = pathlib.Path(f"/proc/{program.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def start_exporter(folder, ingest, own):
    return process.Process("exporter", [
        goflow.program("goflow-replay"), "-synthetic=netflow5", "-unique=1", "-exporters=4",
        f"-pps={own.rate // FLOWS_IN_DATAGRAM}", f"-duration={own.seconds}s",
        f"-target=127.0.0.1:{ingest.port}"], folder)


def disturb(line, chance, exporter):
    """{fault: how often}"""
    faults = collections.Counter()
    while exporter.is_running:
        fault = chance.choice(
            [line.kill_store, line.kill_database, line.stop_store, line.stop_database])
        fault()
        faults[fault.__name__] += 1
        time.sleep(chance.uniform(*QUIET_S))
    return faults


def check(line, sent, note):
    """Accepted = rows; no number twice; nothing waits, nothing was dropped."""
    accepted = numbered.accepted(line.ingest)
    page = line.ingest.metrics()
    lost = page.sum("goflow_receive_kernel_drops_total")
    case.true(accepted == sent or lost > 0, f"{sent} sent, {accepted} accepted, no drop counted{note}")
    case.wait_until_equal(
        lambda: numbered.count_rows(line.database.query, "netflow"), accepted, DRAIN_S, f"rows{note}")
    case.equal(line.database.value("uniqExact(Bytes)"), accepted, f"different flows{note}")
    numbered.check_counters(line.ingest)
    return accepted, lost


def test_random_faults_under_load(folder):
    own = case.Settings.own
    seed = own.seed or random.SystemRandom().randrange(1 << 32)
    note = f" (seed {seed})"
    print(f"# seed {seed}", flush=True)
    chance = random.Random(seed)
    line = Line(folder, chance)
    exporter = start_exporter(folder, line.ingest, own)
    faults = disturb(line, chance, exporter)
    sent = int(dict(pair.split("=") for pair in exporter.stdout.split())["flows"])
    drained = time.monotonic()
    accepted, lost = check(line, sent, note)
    page = line.ingest.metrics()
    print(f"# {own.seconds} s at {own.rate} flows/s: {sent} sent, {lost:.0f} datagrams dropped by "
          f"the kernel, {accepted:.0f} accepted, as many rows, {dict(faults)}")
    print(f"# drained and checked {time.monotonic() - drained:.0f} s after the last flow; batches in "
          f"{page.sum('goflow_link_batches_in_total'):.0f}, sent "
          f"{page.sum('goflow_link_batches_sent_total'):.0f}; ingest had at most "
          f"{memory_mib(line.ingest)} MiB")
    print(f"# CPU of the ingest: {cpu_s(line.ingest):.1f} s")
    line.ingest.stop()


if __name__ == "__main__":
    case.main(globals(), seconds=600, rate=100000, seed=0)
