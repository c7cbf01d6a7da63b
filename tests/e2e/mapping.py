#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- information elements without a field of their own.
import json
import pathlib
import signal
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

TEMPLATE_ID = 256
JUNIPER = 2636
FIELDS = [(0, 1, 4), (0, 82, 8), (0, 434, 1), (JUNIPER, 137, 2)]


def ipfix(sequence, octets, name):
    """A template and one record of it: octets, an interface's name, -5, and Juniper's 0x0102."""
    template = struct.pack(">HH", TEMPLATE_ID, len(FIELDS))
    for enterprise, element, length in FIELDS:
        bit = 0x8000 if enterprise else 0
        template += struct.pack(">HH", element | bit, length)
        template += struct.pack(">I", enterprise) if enterprise else b""
    record = struct.pack(">I8sbH", octets, name.encode(), -5, 0x0102)
    sets = exports.flow_set(2, template) + exports.flow_set(TEMPLATE_ID, record)
    return struct.pack(">HHIII", 10, 16 + len(sets), int(time.time()), sequence, 7) + sets


def flows(ingest):
    return [json.loads(line) for line in ingest.stdout.splitlines()]


def console(folder, **settings):
    return goflow.Ingest(
        folder, transport="console", format="json", **settings).wait_until_ready()


def send_until(ingest, extra):
    """Sends again and again: when a signal has been acted on cannot be seen from outside."""

    def is_there():
        exports.send(ingest.port, ipfix(1, 100, "xe-0/0/1"))
        found = flows(ingest)
        return found and found[-1].get("Extra") == extra

    case.wait_for(is_there, 20, f"Extra {extra}")


def test_elements_without_a_field_are_kept_when_asked_for(folder):
    ingest = console(folder, name="plain")
    exports.send(ingest.port, ipfix(1, 100, "xe-0/0/1"))
    case.wait_for(lambda: len(flows(ingest)) == 1, 20, "a flow")
    case.true("Extra" not in flows(ingest)[0], "nobody asked for Extra")
    ingest.stop()
    ingest = console(folder, name="extra", decode_extra=True)
    send_until(ingest, {"0/82": "xe-0/0/1", "0/434": "-5", f"{JUNIPER}/137": "0x0102"})
    case.equal(ingest.metrics().sum("goflow_decode_extra_dropped_total"), 0, "entries left out")
    ingest.stop()


def test_names_are_read_again_on_sighup_and_a_wrong_file_changes_nothing(folder):
    path = folder / "names"
    path.write_text(f"{JUNIPER}/137 Policy UInt16\n")
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


if __name__ == "__main__":
    case.main(globals())
