#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a password stays where it was put, however it was put there.
"""
Looked at are the places where others find secrets: ps, environments, what is open, the log at its most
talkative, documents over HTTP, -print, and a core.
"""
import contextlib
import os
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

PASSWORD = "correct-horse-battery"
PLACES = ("flag", "environment", "config", "file", "config_file_handed_over")


def given_by(place, folder):
    """(words before the command line, words of it) that give the program the password."""
    path = folder / f"{place}.secret"
    if place == "flag":
        return [], [f"-ch.password={PASSWORD}"]
    if place == "environment":
        return ["env", f"GOFLOW_CH_PASSWORD={PASSWORD}"], []
    if place == "file":
        path.write_text(f"{PASSWORD}\n")
        return [], [f"-ch.password.file={path}"]
    path.write_text(f"ch.password = {PASSWORD}\n")
    if place == "config":
        return [], [f"-config={path}"]
    return ["bash", "-c", f'exec 7<{path}; exec "$@"', "bash"], ["-config=/proc/self/fd/7"]


def is_in(content):
    return PASSWORD.encode() in content


def open_files(pid):
    """What can be read through the descriptors of a process, except sockets and the like."""
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            target = os.readlink(link)
            if target.startswith("/memfd:") or pathlib.Path(target).is_file():
                yield target, link.read_bytes()


def check_process(pid, what):
    for name in ("cmdline", "environ"):
        content = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
        case.true(not is_in(content), f"{what}: the password is in /proc/{pid}/{name}")
    for target, content in open_files(pid):
        case.true(not is_in(content), f"{what}: the password is open as {target}")


def store_words(folder, place, metrics):
    before, words = given_by(place, folder)
    return [
        *before, goflow.program("goflow-store"), "-ch.addr=127.0.0.1:1", f"-zmq.connect=ipc://{folder}/link",
        f"-metrics.addr=127.0.0.1:{metrics}", "-loglevel=debug", *words]


def with_place(check):
    def test(folder):
        for place in PLACES:
            (folder / place).mkdir()
            check(folder / place, place)

    return test


def check_store(folder, place):
    metrics = process.free_ports()
    store = process.Process("store", store_words(folder, place, metrics), folder)
    store.until(lambda: goflow.document(metrics, "/metrics"), goflow.READY_S, "/metrics does not answer")
    store.until(lambda: "cannot" in store.stderr or "database" in store.stderr, 30, "it did not try")
    check_process(store.child.pid, place)
    pages = [goflow.document(metrics, path) or "" for path in ("/", "/metrics", "/healthz", "/config")]
    store.stop()
    for text in (store.stderr, store.stdout, *pages):
        case.true(PASSWORD not in text, f"{place}: the password is in {text[:200]!r}")


test_a_store_shows_its_password_nowhere = with_place(check_store)


def check_print(folder, place):
    done = process.run("print", [*store_words(folder, place, 0), "-print"], folder)
    case.equal(done.child.returncode, 0, f"{place}: status of -print: {done.failure()}")
    case.true(PASSWORD not in done.stdout + done.stderr, f"{place}: -print prints the password")


test_print_leaves_the_password_out = with_place(check_print)


def check_launcher(folder, place):
    if place == "config_file_handed_over":
        return  # children get theirs that way in each of the others
    before, words = given_by(place, folder)
    ports = [process.free_ports() for _ in range(3)]
    launcher = process.Process("goflow", [
        *before, goflow.program("goflow"), "-ch.addr=127.0.0.1:1", "-stores=1", "-tap.bind=",
        f"-nf.port={ports[0]}", "-nfl=false", "-sflow=false", f"-metrics.addr=127.0.0.1:{ports[1]}",
        f"-store.metrics.addr=127.0.0.1:{ports[2]}", "-stop.timeout=1s", "-loglevel=debug", *words], folder)
    for port in ports[1:]:
        launcher.until(
            lambda at=port: goflow.document(at, "/metrics"), goflow.READY_S, "/metrics does not answer")
    children = re.findall(r"program=goflow-\w+ number=\d+ pid=(\d+)", launcher.stderr)
    case.equal(len(children), 2, f"{place}: children: {launcher.stderr}")
    for pid in [str(launcher.child.pid), *children]:
        check_process(pid, f"{place}, {pathlib.Path(f'/proc/{pid}/comm').read_text().strip()}")
    launcher.stop()
    case.true(PASSWORD not in launcher.stderr + launcher.stdout, f"{place}: it is in the log")


test_the_launcher_and_its_children_show_it_nowhere = with_place(check_launcher)


def test_a_password_in_a_url_is_refused_and_not_repeated(folder):
    done = process.run("url", [
        goflow.program("goflow-store"), f"-ch.addr=http://someone:{PASSWORD}@db:8123", "-check"], folder)
    case.equal(done.child.returncode, 2, "status")
    case.true("ch.addr" in done.stderr and "db:8123" in done.stderr, f"says {done.stderr!r}")
    case.true(PASSWORD not in done.stderr, f"repeats the password: {done.stderr!r}")


def test_a_launcher_that_crashes_leaves_no_core(folder):
    metrics = process.free_ports()
    launcher = process.Process("goflow", [
        "bash", "-c", 'ulimit -c unlimited; exec "$@"', "bash", goflow.program("goflow"),
        f"-ch.password={PASSWORD}", "-ch.addr=127.0.0.1:1", "-tap.bind=", "-nf.port=0", "-nfl=false",
        "-sflow=false", f"-metrics.addr=127.0.0.1:{metrics}", "-store.metrics.addr="], folder)
    launcher.until(lambda: goflow.document(metrics, "/metrics"), goflow.READY_S, "no /metrics")
    launcher.send(signal.SIGSEGV)
    _, ended = os.waitpid(launcher.child.pid, 0)
    launcher.child.returncode = -signal.SIGSEGV
    case.true(not os.WCOREDUMP(ended), "a core of it was written")


if __name__ == "__main__":
    case.main(globals())
