#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a long run in which everything breaks at random.
"""
everything.py [--seconds 600] [--rate 100000] [--seed N] [--database replicas|engine]

An exporter, one ingest with a spool on a small disk of its own, three stores, two replicas of one table
with a view (ClickHouse 18.16 and ZooKeeper, both Debian's) or the engine served by a store. Wires
between stores and ingest, and between stores and databases, are relays. In an order that the seed
decides every program is restarted, killed, stopped and upgraded to a copy of itself, wires are cut, stalled
and slowed, the spool's disk is filled. At the end every accepted flow is in the table once, nothing ended
by itself, and no program takes more memory in the last third than before.

Every ten seconds a line; at the end a summary. --seconds 3600 is the hour of docs/reliability.md.
"""
import collections
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import fault_relay  # noqa: E402
import goflow  # noqa: E402
import members  # noqa: E402
import process  # noqa: E402
import soak_account  # noqa: E402
import soak_database  # noqa: E402
import soak_disk  # noqa: E402

FLOWS_IN_DATAGRAM = 30
LEASE = "3s"
STORES = 3
FAULTS_AT_ONCE = 3
QUIET_S = (1, 8)  # between the beginnings of faults
WAITING_MAX = 15000000  # flows; with more of them no fault begins: the spool has an end
READY_S = 60
SAMPLE_S = 0.5
LINE_S = 10
DRAIN_S = 900
PROGRAMS = ("goflow-ingest", "goflow-store", "goflow-replay")


class Line:
    """All programs, wires and the disk."""

    def __init__(self, folder, kind, report):
        self.folder = folder
        programs = members.copy_programs(folder, PROGRAMS)
        self.database = soak_database.KINDS[kind](folder)
        self.disk = soak_disk.Disk(folder, report)
        self.port = process.free_ports()
        self.link_port = process.free_ports(2)
        self.ingest = members.Member("ingest", self.start_ingest, programs / "goflow-ingest")
        self.links = [
            fault_relay.Relay(folder, f"link{i}", self.link_port, count=2) for i in range(STORES)]
        self.ways = [
            fault_relay.Relay(folder, f"way{i}", port)
            for i, port in enumerate(self.database.ports)]
        self.stores = [
            members.Member(
                f"store{i}", lambda number, i=i: self.start_store(i, number),
                programs / "goflow-store")
            for i in range(STORES)]
        self.members = [self.ingest, *self.stores, *self.database.members]
        self.account = soak_account.Account(self.ingest)
        for member in self.members:  # a program that just begins has no handler for SIGTERM yet
            case.wait_for(member.is_ready, READY_S, f"{member.name} answers")

    def start_ingest(self, number):
        return goflow.Ingest(
            self.folder, name=f"ingest{number}", nf_port=self.port,
            zmq_bind=f"tcp://127.0.0.1:{self.link_port}", tap_bind="", records=False,
            ack_timeout=LEASE, stop_timeout="10s", spool_dir=self.disk.folder,
            spool_bytes="8GiB", window_bytes="256MiB")

    def start_store(self, index, number):
        """Each store prefers another database."""
        ports = [way.port for way in self.ways]
        ports = ports[index % len(ports):] + ports[:index % len(ports)]
        return goflow.Store(
            self.folder, f"tcp://127.0.0.1:{self.links[index].port}",
            name=f"store{index}-{number}", ch_addr=[f"127.0.0.1:{port}" for port in ports],
            ch_timeout="5s", stop_timeout="10s")


class Storm:
    """The faults that go on."""

    def __init__(self, line, chance, report):
        self.line = line
        self.chance = chance
        self.report = report
        self.running = []  # [due, target, fault's name, generator]
        self.counts = collections.Counter()
        self.next_s = 0

    def kinds(self):
        """(fault, targets), each kind as likely as any other; what stands twice is more likely."""
        line = self.line
        own = [line.ingest, line.ingest, *line.stores]
        programs = [line.ingest, *line.members]
        return [
            (members.restart, programs), (members.kill, programs), (members.kill, programs),
            (members.pause, programs), (members.pause, programs), (members.upgrade, own),
            (members.cut, line.links + line.ways), (members.stall, line.links + line.ways),
            (members.slow, line.links + line.ways), (soak_disk.fill, [line.disk]),
        ]

    def names(self):
        return [f"{name} {target.name}" for _, target, name, _ in self.running]

    def may_begin(self, fault, target):
        """
        What the spool's disk has no room for is in the ingest's memory alone, and goes with it: that
        is what docs/reliability.md promises, so until it is stored the ingest lives.
        """
        busy = [other for _, other, _, _ in self.running]
        ends_ingest = target is self.line.ingest and fault is not members.pause
        if ends_ingest and (self.line.disk in busy or self.line.disk.is_memory_precious(self.line)):
            return False
        if target is self.line.disk and self.line.ingest in busy:
            return False
        return target not in busy

    def begin(self, now):
        if now < self.next_s or len(self.running) >= FAULTS_AT_ONCE:
            return
        if self.line.account.latest["waiting"] > WAITING_MAX:
            return
        self.next_s = now + self.chance.uniform(*QUIET_S)
        fault, targets = self.chance.choice(self.kinds())
        target = self.chance.choice(targets)
        if self.may_begin(fault, target):
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
        self.memory = collections.defaultdict(list)  # name: [(second, MiB)]
        self.started = time.monotonic()
        self.line_s = 0

    @property
    def seconds(self):
        return time.monotonic() - self.started

    def report(self, text):
        self.problems.append(f"at {self.seconds:.0f} s: {text}")
        print(f"# PROBLEM {self.problems[-1]}", flush=True)

    def show(self, line, storm):
        if self.seconds < self.line_s:
            return
        self.line_s += LINE_S
        sizes = {member.name: member.memory_mib() for member in line.members}
        for name, mib in sizes.items():
            if mib > 0:
                self.memory[name].append((self.seconds, mib))
        print(
            f"# {self.seconds:5.0f} s: {line.account.text()}; MiB "
            f"{' '.join(f'{name} {mib}' for name, mib in sizes.items())}; "
            f"now {', '.join(storm.names()) or 'nothing'}", flush=True)

    def thirds(self, name):
        """The most of each third of the run."""
        part = self.seconds / 3
        return [
            max((mib for second, mib in self.memory[name] if i * part <= second < (i + 1) * part),
                default=0)
            for i in range(3)]


def start_exporter(line, own):
    return process.Process("exporter", [
        goflow.program("goflow-replay"), "-synthetic=netflow5", "-unique=1", "-exporters=4",
        f"-pps={own.rate // FLOWS_IN_DATAGRAM}", f"-duration={own.seconds}s",
        f"-target=127.0.0.1:{line.port}"], line.folder)


def run(line, storm, watch, is_on):
    """While is_on(): new faults; then until those that go on are over."""
    sample_s = 0
    while is_on() or storm.running:
        now = time.monotonic()
        if is_on():
            storm.begin(now)
        storm.step(now)
        for member in line.members:
            members.check_alive(member, watch.report)
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
            members.check_alive(member, watch.report)
        watch.show(line, storm)
        time.sleep(0.5)


def summarize(line, storm, watch, sent):
    print(f"# faults: {dict(sorted(storm.counts.items()))}")
    print(f"# {line.account.summary(sent)}")
    for member in line.members:
        print(f"# memory of {member.name}: most in each third {watch.thirds(member.name)} MiB; "
              f"over time {thin(watch.memory[member.name])}")
    ends = {member.name: member.own_ends for member in line.members if member.own_ends > 0}
    print(f"# ended by themselves: {ends or 'none'}")
    for problem in watch.problems:
        print(f"# problem {problem}")


def thin(samples, count=12):
    """(second, MiB) at about so many places."""
    step = max(1, len(samples) // count)
    return " ".join(f"{second:.0f}s:{mib}" for second, mib in samples[::step])


def check_memory(line, watch, seconds):
    if seconds < 1200:
        return  # too short to tell growth from a start
    for member in line.members[: 1 + STORES]:
        _, middle, last = watch.thirds(member.name)
        if last > middle * 1.3 + 64:
            watch.report(f"{member.name} grows: {watch.thirds(member.name)} MiB")


def test_everything_breaks_under_load(folder):
    own = case.Settings.own
    seed = own.seed or random.SystemRandom().randrange(1 << 32)
    print(f"# seed {seed}, {own.database}", flush=True)
    watch = Watch()
    line = Line(folder, own.database, watch.report)
    storm = Storm(line, random.Random(seed), watch.report)
    exporter = start_exporter(line, own)
    run(line, storm, watch, lambda: exporter.is_running)
    drain(line, storm, watch)
    sent = int(dict(pair.split("=") for pair in exporter.stdout.split())["flows"])
    line.account.check(line.database, sent, watch.report)
    check_memory(line, watch, own.seconds)
    summarize(line, storm, watch, sent)
    case.true(not watch.problems, f"{len(watch.problems)} problems (seed {seed}): {watch.problems[:3]}")


if __name__ == "__main__":
    case.main(globals(), seconds=600, rate=100000, seed=0, database="replicas")
