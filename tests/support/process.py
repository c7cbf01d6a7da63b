# SPDX-License-Identifier: BSD-3-Clause -- child processes of test scripts, and ports for them.
"""
Every process is a session of its own, so that stopping it takes its children too; all are
killed when their case ends. Output goes to files in the case's folder: no pipe can fill up.
"""
import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess

import case

# Whoever starts the tests in the background may have them ignore it, and their children with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Process:
    """A running program. `stdout` and `stderr` are what it has written so far."""

    def __init__(self, name, command, folder, env=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.command = [str(word) for word in command]
        self.paths = {end: pathlib.Path(folder) / f"{name}.{end}" for end in ("out", "err")}
        with open(self.paths["out"], "wb") as out, open(self.paths["err"], "wb") as err:
            self.child = subprocess.Popen(
                self.command, stdin=stdin, stdout=out, stderr=err, env=env,
                cwd=folder, start_new_session=True)
        case.at_case_end.append(self.kill)

    @property
    def stdout(self):
        return self.paths["out"].read_text(errors="replace")

    @property
    def stderr(self):
        return self.paths["err"].read_text(errors="replace")

    @property
    def is_running(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=30):
        """The exit status; fails (and kills) when it takes longer."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name}: still running after {seconds} s") from None

    def stop(self, seconds=45, status=0):
        """SIGTERM; the program must end by itself, with this status and without a report of a
        sanitizer."""
        case.true(self.is_running, f"{self.name} ended by itself: {self.failure()}")
        self.send(signal.SIGTERM)
        ended = self.wait(seconds)
        case.true(ended == status, f"{self.name} stopped with status {ended}: {self.failure()}")

    def kill(self):
        """
        Ends the whole session at once; harmless when it is over: the system gives the number of a process
        whose status was read to another one.
        """
        if self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def failure(self):
        """Its last error, else what it said last; one line."""
        lines = self.stderr.strip().splitlines()
        reports = [line for line in lines if "ERROR: " in line or "runtime error" in line]
        errors = [line for line in lines if " error " in line]
        return (reports or errors or lines or [f"no output, status {self.child.poll()}"])[-1]

    def until(self, condition, seconds, what):
        """Waits for condition(), but not for one that died."""

        def met():
            value = condition()
            case.true(value or self.is_running, f"{self.name} ended: {self.failure()}")
            return value

        return case.wait_for(met, seconds, f"{self.name}: {what}")


def run(name, command, folder, seconds=60, env=None):
    """Runs to its end; the finished Process, whose exit status is `.child.returncode`."""
    process = Process(name, command, folder, env)
    process.wait(seconds)
    return process


def check(name, command, folder, seconds=60):
    """As run(), and the status must be 0."""
    process = run(name, command, folder, seconds)
    status = process.child.returncode
    case.true(status == 0, f"{name}: status {status}: {process.failure()}")
    return process


def free_ports(count=1):
    """
    The first of `count` consecutive ports, free for UDP and TCP, that no other test script gets
    while this one runs. They are below the range the system takes ephemeral ports from, so that no
    connection made meanwhile gets one of them.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low = int(file.read().split()[0])
    for _ in range(1000):
        first = random.randrange(10240, low - count)
        if all(is_free(port) and reserve(port) for port in range(first, first + count)):
            return first
    raise AssertionError("no free ports")


def is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def reserve(port):
    """An abstract address stands for the port: like the port it belongs to the network namespace,
    and it is free again when this process ends."""
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0goflow-test-port-{port}")
    except OSError:
        holder.close()
        return False
    reserved.append(holder)
    return True


reserved = []
