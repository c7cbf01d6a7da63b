# SPDX-License-Identifier: BSD-3-Clause -- programs that the launcher starts, and faults for them.
"""
    ingest = launched.Launched("ingest", launcher, "goflow-ingest", port)
    fault = launched.kill(ingest, chance, report)      as the faults of members.py

Like a members.Member, except that nobody here starts its processes: check_alive() finds the process that
the launcher, a Member, has started, and counts the starts.
"""
import contextlib
import os
import pathlib
import signal

import members

ORPHAN_S = 10  # one second, on a machine that is not busy


class Launched(members.Program):
    """A store is known by the flag -metrics.addr that it has from the launcher."""

    def __init__(self, name, launcher, program, metrics_port):
        super().__init__(name)
        self.launcher = launcher
        self.program = program
        self.metrics_port = metrics_port
        self.pid = None

    def is_own(self, pid):
        words = words_of(pid)
        if not words or words[0] != str(self.program) or "-check" in words:
            return False
        is_store = self.program.name == "goflow-store"
        return not is_store or f"-metrics.addr=127.0.0.1:{self.metrics_port}" in words

    def find_pid(self):
        pids = children(self.launcher.pid)
        return next((pid for pid in pids if self.is_own(pid)), None)

    def check_alive(self, report):
        """Sees a process that has gone, and a new one."""
        pid = self.find_pid()
        if pid == self.pid:
            return
        if self.pid is not None and self.is_expected:
            self.own_ends += 1
            report(f"{self.name} ended by itself: {self.launcher.process.failure()}")
        self.is_expected = pid is not None
        self.starts += int(pid is not None)
        self.pid = pid

    def is_ready(self):
        return self.is_expected and members.fetch(self.metrics_port, "/healthz", 1) is not None

    def page(self, seconds=1):
        """None also when the process changed meanwhile: whose numbers they are would be unknown."""
        pid = self.pid
        page = super().page(seconds) if pid is not None else None
        return page if self.find_pid() == pid else None

    def send(self, number):
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(self.pid, number)


def children(pid):
    with contextlib.suppress(OSError):
        return [int(word) for word in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def words_of(pid):
    """Its command line; none of a process that has ended."""
    with contextlib.suppress(OSError):
        text = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        return text.rstrip("\0").split("\0") if text else []
    return []


def wait_until(condition, seconds, what, report):
    waited = 0
    while not condition():
        if waited > seconds:
            report(f"{what} within {seconds} s")
            return
        waited += members.STEP_S
        yield members.STEP_S


def end_with(program, number, report):
    """Ends the process with this signal, and waits for the one that the launcher starts then."""
    pid = program.pid
    program.before_end()
    program.is_expected = False
    program.send(number)
    yield from wait_until(
        lambda: program.find_pid() != pid, members.END_S,
        f"{program.name} does not end after signal {number}", report)

    def is_back():
        program.check_alive(report)
        return program.is_ready()

    yield from wait_until(
        is_back, members.READY_S, f"{program.name} is not started again, or does not answer", report)


def kill(program, _chance, report):
    yield from end_with(program, signal.SIGKILL, report)


def restart(program, _chance, report):
    """Not of an ingest: when that ends by itself, so does the launcher."""
    yield from end_with(program, signal.SIGTERM, report)


def upgrade(program, _chance, report):
    members.replace_files([program.program])
    yield from end_with(program, signal.SIGTERM, report)
    members.check_file(program, program.program, report)


def kill_launcher(launcher, chance, report):
    """The children end with it."""
    pids = children(launcher.pid)
    launcher.before_end()
    launcher.is_expected = False
    launcher.process.kill()
    yield from wait_until(
        lambda: not any(words_of(pid) for pid in pids), ORPHAN_S,
        "children of a killed launcher have not ended", report)
    yield chance.choice(members.AWAY_S)
    yield from members.come_back(launcher, report)


kill_launcher.__name__ = "kill"
