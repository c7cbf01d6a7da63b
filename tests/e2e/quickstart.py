#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the README's first command does what it says.
import os
import pathlib
import pwd
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import process  # noqa: E402

QUICKSTART = case.ROOT / "deploy" / "quickstart"
ONCE_S = 300


def command(folder, *words):
    os.chmod(folder, 0o755)  # root's collector is another user
    ports = [process.free_ports() for _ in range(6)]
    return [
        QUICKSTART, *words, f"-ch.path={folder}/data", f"-nf.port={ports[0]}",
        f"-nfl.port={ports[1]}", f"-sflow.port={ports[2]}", "-tap.bind=",
        f"-metrics.addr=127.0.0.1:{ports[3]}", f"-store.metrics.addr=127.0.0.1:{ports[4]}",
        f"-ch.serve=127.0.0.1:{ports[5]}"]


def users_of_session(session):
    """(program, user) of each program of ours in it."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            uid = int(re.search(r"^Uid:\s+(\d+)", (folder / "status").read_text(), re.M)[1])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        name, rest = re.match(r"\d+ \((.*)\) (.*)", stat, re.S).groups()
        if name.startswith("goflow") and name != "goflow-replay" and int(rest.split()[3]) == session:
            found.append((name, pwd.getpwuid(uid).pw_name))
    return found


def test_once_ends_well_when_every_flow_is_a_row(folder):
    done = process.run("quickstart", command(folder, "--once"), folder, ONCE_S)
    case.equal(done.child.returncode, 0, f"exit status: {done.failure()}")
    for text in ("rows came of them", "SrcAddr", "transport udp", "/metrics"):
        case.true(text in done.stdout, f"quickstart does not show {text!r}: {done.stdout}")


def test_it_runs_until_ctrl_c(folder):
    started = process.Process("quickstart", command(folder), folder)
    started.until(lambda: "transport udp" in started.stdout, ONCE_S, "nothing shown")
    case.true(started.is_running, "ended without Ctrl-C")
    owners = users_of_session(started.child.pid)
    case.equal(len(owners), 3, f"launcher, ingest and store: {owners}")
    user = "goflow" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    case.equal({owner for _, owner in owners}, {user}, f"whose the collector is: {owners}")
    started.send(signal.SIGINT)
    case.equal(started.wait(60), 0, f"exit status: {started.failure()}")


def test_a_collector_that_cannot_start_is_a_failure(folder):
    words = command(folder, "--once", "-nf.addr=192.0.2.1")
    done = process.run("quickstart", words, folder, ONCE_S)
    case.true(done.child.returncode != 0, "status 0 without a collector")


if __name__ == "__main__":
    case.main(globals())
