# SPDX-License-Identifier: BSD-3-Clause -- the programs, wires and disks of a long run.
"""
A line has `members` (programs), `links` and `ways` (relays between stores and ingest, and between stores
and databases), an `account`, a `database`, the `port` for exporters, faults() and may_begin().
"""
import case
import fault_relay
import goflow
import launched
import members
import process
import soak_account
import soak_database
import soak_disk

LEASE = "3s"
STORES = 3
LAUNCHED_STORES = 2
READY_S = 60
SPOOL_BYTES = 12 << 30
DATA_BYTES = 60 << 30
SUDDEN = (members.pause, launched.kill, launched.kill_launcher)
INGEST = {
    "tap_bind": "", "records": False, "ack_timeout": LEASE, "stop_timeout": "10s",
    "spool_bytes": "8GiB", "window_bytes": "256MiB"}


class Line:
    """What both kinds of line have."""

    def __init__(self, folder):
        self.folder = folder
        self.port = process.free_ports()
        self.link_port = process.free_ports(2)
        self.spool = soak_disk.Disk(folder, "spool", SPOOL_BYTES)

    def wait_until_ready(self, report):
        """A program that just begins has no handler for SIGTERM yet."""
        def is_ready():
            for member in self.members:
                member.check_alive(report)
            return all(member.is_ready() for member in self.members)

        case.wait_for(is_ready, READY_S, "all programs answer")

    def wire_faults(self):
        return [(fault, self.links + self.ways) for fault in (
            members.cut, members.stall, members.slow)]

    def start_store(self, name, link, ways):
        return goflow.Store(
            self.folder, f"tcp://127.0.0.1:{link.port}", name=name,
            ch_addr=[f"127.0.0.1:{way.port}" for way in ways], ch_timeout="5s",
            stop_timeout="10s")

    def ends_ingest(self, fault, target):
        return target is self.ingest and fault is not members.pause

    def may_begin(self, fault, target, busy):
        """
        What the spool's disk has no room for is in the ingest's memory alone, and goes with it: that
        is what docs/reliability.md promises, so until it is stored the ingest lives.
        """
        if self.ends_ingest(fault, target) and (
                self.spool in busy or self.spool.is_memory_precious(self.account)):
            return False
        if target is self.spool and any(self.ends_ingest(None, other) for other in busy):
            return False
        return target not in busy


class Separate(Line):
    """One ingest and three stores, each started alone; databases of soak_database."""

    def __init__(self, folder, kind, report):
        super().__init__(folder)
        programs = members.copy_programs(
            folder, ("goflow-ingest", "goflow-store", "goflow-replay"))
        self.database = soak_database.KINDS[kind](folder)
        self.ingest = members.Member(
            "ingest", self.start_ingest, [programs / "goflow-ingest"])
        self.links = [
            fault_relay.Relay(folder, f"link{i}", self.link_port, count=2) for i in range(STORES)]
        self.ways = [
            fault_relay.Relay(folder, f"way{i}", port)
            for i, port in enumerate(self.database.ports)]
        self.stores = [
            members.Member(
                f"store{i}", lambda number, i=i: self.start_number(i, number),
                [programs / "goflow-store"])
            for i in range(STORES)]
        self.members = [self.ingest, *self.stores, *self.database.members]
        self.account = soak_account.Account(self.ingest)
        self.wait_until_ready(report)

    def start_ingest(self, number):
        return goflow.Ingest(
            self.folder, name=f"ingest{number}", nf_port=self.port,
            zmq_bind=f"tcp://127.0.0.1:{self.link_port}", spool_dir=self.spool.folder, **INGEST)

    def start_number(self, index, number):
        """Each store prefers another database."""
        first = index % len(self.ways)
        return self.start_store(
            f"store{index}-{number}", self.links[index], self.ways[first:] + self.ways[:first])

    def faults(self):
        """(fault, targets), each as likely as any other; what stands twice is more likely."""
        own = [self.ingest, self.ingest, *self.stores]
        programs = [self.ingest, *self.members]
        return [
            (members.restart, programs), (members.kill, programs), (members.kill, programs),
            (members.pause, programs), (members.pause, programs), (members.upgrade, own),
            *self.wire_faults(), (soak_disk.fill, [self.spool]),
        ]


class Launched(Line):
    """
    goflow with an ingest and two stores, the first of which has the embedded engine, on a disk of its own.
    A third store is started alone: its wires to the ingest and to the engine are relays.
    """

    def __init__(self, folder, _kind, report):
        super().__init__(folder)
        self.data = soak_disk.Disk(folder, "data", DATA_BYTES)
        self.metrics_port, self.sql_port = process.free_ports(), process.free_ports()
        self.store_port = process.free_ports(LAUNCHED_STORES)
        programs = members.copy_programs(
            folder, ("goflow", "goflow-ingest", "goflow-store", "goflow-replay"))
        _, ingest_program, store_program = files = [
            programs / name for name in ("goflow", "goflow-ingest", "goflow-store")]
        self.launcher = members.Member("launcher", self.start_launcher, files)
        self.ingest = launched.Launched(
            "ingest", self.launcher, ingest_program, self.metrics_port)
        self.children = [self.ingest, *(
            launched.Launched(f"store{i}", self.launcher, store_program, self.store_port + i)
            for i in range(LAUNCHED_STORES))]
        self.launcher.before_end = self.expect_end
        self.account = soak_account.Account(self.ingest)
        self.links = [fault_relay.Relay(folder, "link", self.link_port, count=2)]
        self.ways = [fault_relay.Relay(folder, "way", self.sql_port)]
        self.alone = members.Member("store", lambda number: self.start_store(
            f"store-{number}", self.links[0], self.ways), [store_program])
        self.members = [self.launcher, *self.children, self.alone]
        self.wait_until_ready(report)
        self.database = soak_database.Served(self.launcher, self.sql_port)

    def start_launcher(self, number):
        started = process.Process(f"launcher{number}", [
            goflow.program("goflow"), *goflow.flags({
                **INGEST, "nf_addr": "127.0.0.1", "nf_port": self.port, "nfl": False,
                "sflow": False, "zmq_bind": f"tcp://127.0.0.1:{self.link_port}",
                "spool_dir": self.spool.folder, "stores": LAUNCHED_STORES,
                "metrics_addr": f"127.0.0.1:{self.metrics_port}",
                "store_metrics_addr": f"127.0.0.1:{self.store_port}",
                "ch_path": self.data.folder / "engine",
                "ch_serve": f"127.0.0.1:{self.sql_port}", "block_age": "300ms"})], self.folder)
        started.answers = self.answers
        return started

    def answers(self):
        return all(child.is_ready() for child in self.children)

    def expect_end(self):
        """With the launcher its children end."""
        self.account.sample()
        for child in self.children:
            child.is_expected = False

    def faults(self):
        stores = self.children[1:]
        own = [self.launcher, self.alone]
        return [
            (members.restart, own), (members.pause, own), (members.upgrade, own),
            (launched.kill_launcher, [self.launcher]), (members.kill, [self.alone]),
            (launched.kill, self.children), (launched.kill, self.children),
            (members.pause, self.children), (members.pause, self.children),
            (launched.restart, stores), (launched.upgrade, stores),
            *self.wire_faults(), (soak_disk.fill, [self.spool, self.data]),
        ]

    def ends_ingest(self, fault, target):
        return target in (self.ingest, self.launcher) and fault is not members.pause

    def may_begin(self, fault, target, busy):
        """
        The launcher ends or starts only while its children are left alone. A store that is asked to
        stop while the engine's disk is full ends with an error, as it should.
        """
        engine = (self.launcher, self.children[1])
        if target is self.launcher and any(child in busy for child in self.children):
            return False
        if target in self.children and self.launcher in busy:
            return False
        if target is self.data and any(program in busy for program in engine):
            return False
        if target in engine and self.data in busy and fault not in SUDDEN:
            return False
        return super().may_begin(fault, target, busy)


KINDS = {"replicas": Separate, "engine": Separate, "launcher": Launched}
