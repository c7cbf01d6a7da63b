# SPDX-License-Identifier: BSD-3-Clause -- programs of a long run, and faults that befall them.
"""
A Member is one program that is started again and again. A fault is a generator: it yields the seconds
until its next step, so that many faults go on at once in one thread.

    member = members.Member("store0", start)     start(number) returns a process.Process
    fault = members.kill(member, chance, report)
    delay = next(fault)
"""
import contextlib
import os
import shutil
import signal
import urllib.error
import urllib.request

import case
import goflow

STEP_S = 0.2
END_S = 90
READY_S = 90
AWAY_S = (0.2, 3, 15)
PAUSES_S = (1, 5, 14)  # shorter and longer than lease and margin


class Program:
    """One program of ours or of another project, whoever starts its processes."""

    def __init__(self, name, is_ours=True):
        self.name = name
        self.is_ours = is_ours
        self.starts = 0
        self.own_ends = 0
        self.is_expected = False  # to be alive
        self.is_paused = False
        self.before_end = lambda: None  # called before it is killed or stopped

    def page(self, seconds=1):
        """Its metrics, or None where it does not answer now."""
        text = fetch(self.metrics_port, "/metrics", seconds)
        return goflow.Metrics(text) if text is not None else None

    def memory_mib(self, line="VmRSS:"):
        """Resident now, or with VmHWM: the most of this process; 0 while there is none."""
        try:
            with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as status:
                sizes = [text for text in status if text.startswith(line)]
            return int(sizes[0].split()[1]) >> 10 if sizes else 0
        except OSError:
            return 0


class Member(Program):
    """
    A program that the test starts. One of another project (`is_ours` false) may end by itself and with
    any status: it is started again, and counted.
    """

    def __init__(self, name, start, programs=(), is_ours=True):
        super().__init__(name, is_ours)
        self.start_process = start
        self.programs = programs  # the files that an upgrade replaces, its own first
        self.start()

    def start(self):
        self.process = self.start_process(self.starts)
        self.starts += 1
        self.is_expected = True

    @property
    def pid(self):
        return self.process.child.pid

    @property
    def metrics_port(self):
        return self.process.metrics_port

    @property
    def is_running(self):
        return self.process.is_running

    def send(self, number):
        if self.is_running:
            self.process.send(number)

    def is_ready(self):
        if hasattr(self.process, "metrics_port"):
            return fetch(self.metrics_port, "/healthz", 1) is not None
        return self.process.answers()

    def check_alive(self, report):
        """A program that ended though it should run is reported, and started again."""
        if not self.is_expected or self.is_running:
            return
        self.own_ends += 1
        if self.is_ours:
            status = self.process.child.returncode
            report(f"{self.name} ended by itself, status {status}: {self.process.failure()}")
        self.start()


def fetch(port, path, seconds):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=seconds) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError):
        return None


def come_back(member, report):
    """Starts the program, and waits until it answers; one of another project that hangs, again."""
    member.start()
    waited = 0
    while not member.is_ready():
        member.check_alive(report)
        if waited > READY_S and member.is_ours:
            report(f"{member.name} does not answer within {READY_S} s of its start")
            return
        if waited > READY_S:
            member.process.kill()  # and check_alive() counts it, and starts it
            waited = 0
        waited += STEP_S
        yield STEP_S


def end(member, report):
    """A clean stop."""
    member.before_end()
    member.is_expected = False
    member.send(signal.SIGTERM)
    waited = 0
    while member.is_running:
        if waited > END_S:
            if member.is_ours:
                report(f"{member.name} does not stop within {END_S} s of SIGTERM")
            member.process.kill()
        waited += STEP_S
        yield STEP_S
    status = member.process.child.returncode
    if member.is_ours and status != 0:
        report(f"{member.name} stopped with status {status}: {member.process.failure()}")


def restart(member, chance, report):
    yield from end(member, report)
    yield chance.choice(AWAY_S)
    yield from come_back(member, report)


def kill(member, chance, report):
    member.before_end()
    member.is_expected = False
    member.process.kill()
    yield chance.choice(AWAY_S)
    yield from come_back(member, report)


def pause(member, chance, _report):
    member.is_paused = True
    member.send(signal.SIGSTOP)
    yield chance.choice(PAUSES_S)
    member.send(signal.SIGCONT)
    member.is_paused = False
    yield 1


def upgrade(member, _chance, report):
    """The files are replaced while the program runs, as a package does it, and then it restarts."""
    replace_files(member.programs)
    yield from end(member, report)
    yield from come_back(member, report)
    check_file(member, member.programs[0], report)


def replace_files(programs):
    for program in programs:
        fresh = program.with_suffix(".new")
        shutil.copy2(program, fresh)
        os.replace(fresh, program)


def check_file(member, program, report):
    with contextlib.suppress(OSError):  # it has just ended
        running = os.readlink(f"/proc/{member.pid}/exe")
        if running != str(program.resolve()):
            report(f"{member.name} runs {running}, not the new file")


def bad_wire(order, durations_s):
    """A fault of a fault_relay.Relay."""

    def fault(wire, chance, _report):
        wire.order(order)
        yield chance.choice(durations_s)
        wire.order("mend")
        yield 1

    fault.__name__ = order.split()[0]
    return fault


cut = bad_wire("cut", (0.5, 5, 15))
stall = bad_wire("stall", (2, 6, 15))
slow = bad_wire("slow 500000", (4, 12))


def copy_programs(folder, names):
    """Programs that an upgrade can replace; the test starts them from here on."""
    own = folder / "bin"
    own.mkdir()
    for name in names:
        shutil.copy2(case.Settings.bin / name, own / name)
    case.Settings.bin = own
    return own
