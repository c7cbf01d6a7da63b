#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow-store query and top, beside a store and alone.
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


def ask(folder, *words):
    """What goflow-store answers, and its exit status."""
    command = [goflow.program("goflow-store"), *words, f"-ch.path={folder}/store-data"]
    done = process.run("ask", command, folder)
    return done.child.returncode, done.stdout, done.stderr


def filled_line(folder):
    line = goflow.Line(folder)
    sent = line.ingest.replay("-synthetic=netflow9", "-count=200", "-seed=6", "-exporters=2")
    line.wait_for_rows(sent["flows"])
    return line, sent


def check_count(folder, expected):
    status, answer, error = ask(folder, "query", "SELECT count() AS flows FROM netflow")
    case.equal(status, 0, f"exit status: {error}")
    case.true(f" {expected} " in answer, f"{expected} is not in the answer: {answer}")


def test_query_beside_the_store_that_has_the_folder_and_after_it(folder):
    line, sent = filled_line(folder)
    check_count(folder, sent["flows"])
    line.stop()
    check_count(folder, sent["flows"])


def test_a_store_that_was_killed_leaves_its_folder_open_to_questions(folder):
    line, sent = filled_line(folder)
    line.store.kill()
    check_count(folder, sent["flows"])


def test_the_address_that_a_killed_store_noted_is_not_asked(folder):
    note = pathlib.Path(folder, "data", "goflow.serve")
    note.parent.mkdir()
    note.write_text(f"unix:{folder}/nobody\n", encoding="utf-8")
    command = [goflow.program("goflow-store"), f"-ch.path={note.parent}", "-metrics.addr=",
               f"-zmq.connect=ipc://{folder}/link"]
    store = process.Process("store", command, folder)
    store.until(lambda: "store: started" in store.stderr, 60, "the start of the store")
    case.true(not note.exists(), "the note of the killed store is still there")
    done = process.run("ask", [
        goflow.program("goflow-store"), "query", "SELECT 1", f"-ch.path={note.parent}"], folder)
    case.equal(done.child.returncode, 1, "exit status while the folder is in use")
    case.true("-ch.serve" in done.stderr, f"what to do is not said: {done.stderr}")
    store.stop()


def test_a_store_makes_its_table_while_libraries_are_loaded(folder):
    """The engine and the dynamic loader waited for each other: one start in twelve made no table."""
    library = case.Settings.bin.parent / "tests" / "load_libraries.so"
    env = {**os.environ, "LD_PRELOAD": str(library), "LOAD_LIBRARY": "libnss_hesiod.so.2"}
    port = process.free_ports()
    command = [goflow.program("goflow-store"), f"-ch.path={folder}/data",
               f"-metrics.addr=127.0.0.1:{port}", f"-zmq.connect=ipc://{folder}/link"]
    store = process.Process("store", command, folder, env=env)

    def has_table():
        page = goflow.document(port, "/metrics")
        return page and goflow.Metrics(page).sum("goflow_write_database_up") == 1

    store.until(has_table, 20, "the table")
    store.stop()


def test_top_by_everything(folder):
    line, _ = filled_line(folder)
    for topic, column in (
            ("src", "SrcAddr"), ("dst", "DstAddr"), ("as", "AS"), ("port", "Port"),
            ("interface", "Interface"), ("exporter", "SamplerAddress")):
        status, answer, error = ask(folder, "top", f"-by={topic}", "-since=1h", "-limit=2")
        case.equal(status, 0, f"{topic}: {error}")
        case.true(column in answer and "Volume" in answer, f"{topic}: {answer}")
        case.equal(answer.count("\n"), 4, f"{topic}: lines of a table of two rows")
    status, answer, _ = ask(folder, "top", "-by=exporter")
    for exporter in line.store.query("SELECT DISTINCT SamplerAddress AS a FROM netflow"):
        case.true(exporter["a"] in answer, f"{exporter['a']} is missing")


def test_refusals_are_one_line(folder):
    for words, status in (
            (["query", "SELECT nonsense"], 1), (["query"], 2), (["tip"], 2), (["top", "-by=x"], 2)):
        found, answer, error = ask(folder, *words)
        case.equal(found, status, f"{words}: exit status")
        case.equal(answer, "", f"{words}: stdout")
        case.equal(len(error.strip().splitlines()), 1, f"{words}: lines on stderr: {error}")


def test_a_host_without_cgroups_is_no_reason_for_a_trace_on_stderr(folder):
    without = ["unshare", "--mount", "sh", "-c", "umount -R /sys 2>/dev/null; exec \"$@\"", "sh"]
    words = [goflow.program("goflow-store"), "query", "SELECT 1", f"-ch.path={folder}/data"]
    done = process.run("ask", [*without, *words], folder)
    case.equal(done.child.returncode, 0, f"exit status: {done.stderr}")
    case.equal(done.stderr, "", "stderr")


if __name__ == "__main__":
    case.main(globals())
