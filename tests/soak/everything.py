#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a long run in which everything breaks at random.
"""
everything.py [--seconds 600] [--rate 100000] [--seed N] [--database replicas|engine|launcher]

An exporter, an ingest with a spool on a small disk of its own, three stores, and a table with a view.
replicas: every program is started alone; two replicas of the table (ClickHouse 18.16 and ZooKeeper, both
Debian's). engine: the same with the engine, served by a store. launcher: `goflow -stores=2` with the
embedded engine, on a disk of its own, and a third store alone. Wires between stores and ingest, and between
stores and databases, are relays.

In an order that the seed decides every program is restarted, killed, stopped and upgraded to a copy of
itself, wires are cut, stalled and slowed, disks are filled. At the end every accepted flow is in the table
once, nothing ended by itself, and in a run of ten minutes or more no program of ours takes more memory in
the last quarter than in the second.

Every ten seconds a line; at the end a summary. --seconds 3600 is the hour of docs/reliability.md.
"""
import collections
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import soak_line  # noqa: E402
import soak_memory  # noqa: E402

FLOWS_IN_DATAGRAM = 30
FAULTS_AT_ONCE = 3
QUIET_S = (1, 8)  # between the beginnings of faults
WAITING_MAX = 15000000  # flows; with more of them the exporter pauses
SLICE_S = 10
SAMPLE_S = 0.5
LINE_S = 10
DRAIN_S = 900


class Storm:
    """The faults that go on."""

    def __init__(self, line, chance, report):
        self.line = line
        self.chance = chance
        self.report = report
        self.running = []  # [due, target, fault's name, generator]
        self.counts = collections.Counter()
        self.next_s = 0

    def names(self):
        return [f"{name} {target.name}" for _, target, name, _ in self.running]

    def begin(self, now):
        if now < self.next_s or len(self.running) >= FAULTS_AT_ONCE:
            return
        self.next_s = now + self.chance.uniform(*QUIET_S)
        fault, targets = self.chance.choice(self.line.faults())
        target = self.chance.choice(targets)
        if self.line.may_begin(fault, target, [other for _, other, _, _ in self.running]):
            self.counts[f"{fault.__name__} {target.name.rstrip('0123456789')}"] += 1
            self.running.append(
                [now, target, fault.__name__, fault(target, self.chance, self.report)])

    def step(self, now):
        for entry in list(self.running):
            if now < entry[0]:
                continue
            delay = next(entry[3], None)
            if delay is None:
                self.running.remove(entry)
            else:
                entry[0] = time.monotonic() + delay


class Watch:
    """Problems, memory over time, and the line every ten seconds."""

    def __init__(self):
        self.problems = []
        self.started = time.monotonic()
        self.line_s = 0
        self.memory = None

    @property
    def seconds(self):
        return time.monotonic() - self.started

    def report(self, text):
        self.problems.append(f"at {self.seconds:.0f} s: {text}")
        print(f"# PROBLEM {self.problems[-1]}", flush=True)

    def begin(self, line):
        self.started = time.monotonic()
        self.memory = soak_memory.Memory(line.members)

    def show(self, line, storm):
        if self.seconds < self.line_s:
            return
        self.line_s += LINE_S
        sizes = self.memory.sample(self.seconds)
        print(
            f"# {self.seconds:5.0f} s: {line.account.text()}; MiB "
            f"{' '.join(f'{name} {mib}' for name, mib in sizes.items())}; "
            f"now {', '.join(storm.names()) or 'nothing'}", flush=True)


class Exporter:
    """
    Sends flows with numbers of their own at an even rate, some seconds at a time. While more flows wait
    than the database gets rid of it pauses, so that faults go on: a spool has an end.
    """

    def __init__(self, line, own):
        self.line = line
        self.own = own
        self.flows = 0
        self.slices = 0
        self.process = None
        self.end = time.monotonic() + own.seconds

    def step(self):
        """False when the time is over."""
        if self.process is not None:
            if self.process.is_running:
                return True
            values = dict(pair.split("=") for pair in self.process.stdout.split())
            self.flows += int(values["flows"])
            self.process = None
        left = self.end - time.monotonic()
        if left > 1 and self.line.account.latest["waiting"] <= WAITING_MAX:
            self.process = self.send(min(SLICE_S, left))
            self.slices += 1
        return left > 1

    def send(self, seconds):
        return process.Process("exporter", [
            goflow.program("goflow-replay"), "-synthetic=netflow5", f"-unique={self.flows + 1}",
            "-exporters=4", f"-pps={self.own.rate // FLOWS_IN_DATAGRAM}",
            f"-duration={seconds:.0f}s", f"-target=127.0.0.1:{self.line.port}"],
            self.line.folder)

    def text(self):
        rate = self.flows / self.own.seconds
        return (f"sent {rate:.0f} flows/s on average of {self.own.rate}, in {self.slices} slices of "
                f"at most {SLICE_S} s, seed {self.own.seed}")


def run(line, storm, watch, exporter):
    """While the exporter sends: new faults; then until those that go on are over."""
    sample_s = 0
    is_on = True
    while is_on or storm.running:
        now = time.monotonic()
        is_on = exporter.step()
        if is_on:
            storm.begin(now)
        storm.step(now)
        for member in line.members:
            member.check_alive(watch.report)
        if now >= sample_s:
            sample_s = now + SAMPLE_S
            line.account.sample()
        watch.show(line, storm)
        time.sleep(0.05)


def drain(line, storm, watch):
    deadline = time.monotonic() + DRAIN_S
    while not line.account.is_drained() and time.monotonic() < deadline:
        line.account.sample()
        for member in line.members:
            member.check_alive(watch.report)
        watch.show(line, storm)
        time.sleep(0.5)


def summarize(line, storm, watch, exporter):
    print(f"# {exporter.text()}")
    print(f"# {sum(storm.counts.values())} faults: {dict(sorted(storm.counts.items()))}")
    print(f"# {line.account.summary(exporter.flows)}")
    for text in watch.memory.summary(exporter.own.seconds):
        print(f"# {text}")
    ends = {member.name: member.own_ends for member in line.members if member.own_ends > 0}
    print(f"# ended by themselves: {ends or 'none'}")
    for problem in watch.problems:
        print(f"# problem {problem}")


def test_everything_breaks_under_load(folder):
    own = case.Settings.own
    own.seed = own.seed or random.SystemRandom().randrange(1 << 32)
    print(f"# seed {own.seed}, {own.database}", flush=True)
    watch = Watch()
    line = soak_line.KINDS[own.database](folder, own.database, watch.report)
    watch.begin(line)
    storm = Storm(line, random.Random(own.seed), watch.report)
    exporter = Exporter(line, own)
    run(line, storm, watch, exporter)
    drain(line, storm, watch)
    line.account.check(line.database, exporter.flows, watch.report)
    watch.memory.check(own.seconds, watch.report)
    summarize(line, storm, watch, exporter)
    case.true(
        not watch.problems,
        f"{len(watch.problems)} problems (seed {own.seed}): {watch.problems[:3]}")


if __name__ == "__main__":
    case.main(globals(), seconds=600, rate=100000, seed=0, database="replicas")
