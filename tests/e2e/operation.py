#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what an operator sees at the default log level.
import pathlib
import re
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


REPORT_S = 60


def lines(process_, text):
    """The lines of its log that contain the text."""
    return [line for line in process_.stderr.splitlines() if text in line]


def one_line(process_, text):
    found = lines(process_, text)
    case.equal(len(found), 1, f"{process_.name}: lines with {text!r} in {process_.stderr!r}")
    return found[0]


def check_start(process_, *parts):
    process_.until(lambda: lines(process_, ": started "), goflow.READY_S, "its start line")
    line = one_line(process_, ": started ")
    version = process.check("version", [process_.command[0], "-v"], process_.folder).stdout
    for part in (f"version={version.split()[1]} ", " notice ", *parts):
        case.true(part in line, f"{process_.name}: {line!r} lacks {part!r}")
    return line


def test_each_program_says_once_that_it_started(folder):
    ingest = goflow.Ingest(folder, spool_dir=folder / "spool", ingest_id=77).wait_until_ready()
    check_start(
        ingest, " id=77 ", f" udp=127.0.0.1:{ingest.port} ", f" stores_connect_to={ingest.endpoint} ",
        f" tap={ingest.tap} ", f" spool={folder}/spool ", f"http=127.0.0.1:{ingest.metrics_port}")
    store = goflow.Store(folder, ingest.endpoint)
    store.folder = folder
    line = check_start(
        store.wait_until_ready(), f" connects_to={ingest.endpoint} ", " database=embedded ",
        f" path={folder}/store-data ", " table=default.netflow ", f" serves=127.0.0.1:{store.sql_port} ")
    case.true(re.search(r" id=\d+ ", line), f"no id: {line}")


def test_a_quieter_level_has_no_start_line(folder):
    ingest = goflow.Ingest(folder, loglevel="error").wait_until_ready()
    ingest.stop()
    case.equal(lines(ingest, "started"), [], "start lines at -loglevel=error")


def test_all_descriptors_that_the_system_allows_are_used(folder):
    prefix = ["prlimit", "--nofile=64:4096"]
    ingest = goflow.Ingest(folder, place=goflow.Place(prefix)).wait_until_ready()
    limits = pathlib.Path(f"/proc/{ingest.child.pid}/limits").read_text()
    soft = re.search(r"Max open files\s+(\d+)", limits)[1]
    case.equal(soft, "4096", "the soft limit of descriptors")


def readiness(daemon):
    """(status, text) of /readyz."""
    try:
        with urllib.request.urlopen(
                f"http://127.0.0.1:{daemon.metrics_port}/readyz", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_dropped_flows_are_logged_once_and_shown_in_healthz(folder):
    ingest = goflow.Ingest(folder, window_bytes="1MiB").wait_until_ready()
    case.equal(ingest.get("/healthz"), "ok\n", "/healthz before anything was dropped")
    sent = ingest.replay("-synthetic=netflow5", "-count=2000", "-seed=1")["flows"]

    def dropped():
        return ingest.metrics().sum("goflow_link_flows_dropped_total", reason="window")

    case.wait_for(lambda: dropped() > sent / 2, REPORT_S, "drops")
    ingest.until(lambda: lines(ingest, "reason=window"), REPORT_S, "a line about drops")
    line = one_line(ingest, "ingest: dropped ")
    case.true(re.search(r" warning ingest: dropped flows=\d+ reason=window cause=", line), line)
    health = case.wait_for(
        lambda: re.search(r"^ok\ndropped (\d+) flows, reason window: ", ingest.get("/healthz")),
        REPORT_S, "the reason in /healthz")
    case.true(0 < int(health[1]) <= dropped(), f"/healthz has {health[1]}, dropped {dropped()}")


def test_a_store_is_not_ready_while_its_database_is_away(folder):
    port = process.free_ports()
    store = goflow.Store(folder, f"ipc://{folder}/link.ipc", ch_addr=f"127.0.0.1:{port}")
    status, text = readiness(store.wait_until_ready())
    case.equal(status, 503, "status of /readyz")
    case.true("the database takes nothing" in text, f"/readyz says {text!r}")
    case.equal(store.get("/healthz"), "ok\n", "/healthz while the database is away")


if __name__ == "__main__":
    case.main(globals())
