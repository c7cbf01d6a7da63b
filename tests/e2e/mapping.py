#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- information elements without a field of their own.
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

EXPORT = exports.elements(100, "xe-0/0/1")
ALL = {"0/82": "xe-0/0/1", "0/434": "-5", "2636/137": "0x0102"}


def flows(ingest):
    return [json.loads(line) for line in ingest.stdout.splitlines()]


def console(folder, **settings):
    return goflow.Ingest(
        folder, transport="console", format="json", **settings).wait_until_ready()


def send_until(ingest, extra):
    """Sends again and again: when a signal has been acted on cannot be seen from outside."""

    def is_there():
        exports.send(ingest.port, EXPORT)
        found = flows(ingest)
        return found and found[-1].get("Extra") == extra

    case.wait_for(is_there, 20, f"Extra {extra}")


def test_elements_without_a_field_are_kept_when_asked_for(folder):
    ingest = console(folder, name="plain")
    exports.send(ingest.port, EXPORT)
    case.wait_for(lambda: len(flows(ingest)) == 1, 20, "a flow")
    case.true("Extra" not in flows(ingest)[0], "nobody asked for Extra")
    ingest.stop()
    ingest = console(folder, name="extra", decode_extra=True)
    send_until(ingest, ALL)
    case.equal(ingest.metrics().sum("goflow_decode_extra_dropped_total"), 0, "entries left out")
    ingest.stop()


def test_names_are_read_again_on_sighup_and_a_wrong_file_changes_nothing(folder):
    path = folder / "names"
    path.write_text("2636/137 Policy UInt16\n")
    ingest = console(folder, workers=2, mapping=path)
    send_until(ingest, {"Policy": "258"})
    path.write_text("0/82 Bytes\n")
    ingest.send(signal.SIGHUP)
    case.wait_for(lambda: "line=1 word=\"Bytes\"" in ingest.stderr, 20, "a complaint about line 1")
    send_until(ingest, {"Policy": "258"})
    path.write_text("0/82 InterfaceName\n")
    ingest.send(signal.SIGHUP)
    send_until(ingest, {"InterfaceName": "xe-0/0/1"})
    ingest.stop()


def test_a_wrong_file_at_the_start_is_refused_with_its_line_and_word(folder):
    path = folder / "names"
    path.write_text("# names\n0/82 InterfaceName\n0/65536 More\n")
    done = process.run("ingest", [
        goflow.program("goflow-ingest"), f"-mapping={path}", "-check"], folder)
    case.equal(done.child.returncode, 2, "status")
    case.true("line=3 word=\"0/65536\"" in done.stderr, done.stderr)


def types(store):
    """Of the table's columns."""
    return {column["name"]: column["type"] for column in store.query(
        "SELECT name, type FROM system.columns WHERE table = 'netflow'")}


def store_until(line, columns, row):
    """Sends again and again, as above, until a row is that one."""

    def is_there():
        exports.send(line.ingest.port, EXPORT)
        return row in line.store.query(f"SELECT DISTINCT {columns} FROM netflow")

    case.wait_for(is_there, 60, f"a row {row}")


def test_the_table_keeps_the_map_and_mapped_elements_in_columns(folder):
    path = folder / "names"
    path.write_text("2636/137 Policy UInt16\n")
    line = goflow.Line(folder, ingest={"decode_extra": True, "mapping": path},
                       store={"mapping": path})
    store_until(line, "Policy, Extra, Bytes", {
        "Policy": 258, "Extra": {"0/82": "xe-0/0/1", "0/434": "-5"}, "Bytes": 100})
    case.equal(types(line.store)["Policy"], "UInt16", "type of Policy")

    path.write_text("2636/137 Policy UInt16\n0/82 InterfaceName\n0/434 Reserved Int8\n")
    line.store.send(signal.SIGHUP)
    case.wait_for(lambda: "Reserved" in types(line.store), 60, "the column Reserved")
    line.ingest.send(signal.SIGHUP)
    store_until(line, "Policy, InterfaceName, Reserved, Extra", {
        "Policy": 258, "InterfaceName": "xe-0/0/1", "Reserved": -5, "Extra": {}})

    path.write_text("0/82 Interface Name\n")
    line.store.send(signal.SIGHUP)
    case.wait_for(lambda: "word=\"Name\"" in line.store.stderr, 20, "a complaint about the word")
    line.stop()


def test_a_store_without_the_file_keeps_mapped_elements_in_the_map(folder):
    path = folder / "names"
    path.write_text("2636/137 Policy UInt16\n")
    line = goflow.Line(folder, ingest={"mapping": path})
    store_until(line, "Extra", {"Extra": {"Policy": "258"}})
    case.true("Policy" not in types(line.store), "no column Policy")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
