#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- templates: data before them, limits, restarts.
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402


def console(folder, **settings):
    return goflow.Ingest(folder, transport="console", format="json", **settings).wait_until_ready()


def flows(ingest):
    """What a stopped ingest has printed."""
    return [json.loads(line) for line in ingest.stdout.splitlines()]


def wait_for(ingest, metric, value, **labels):
    case.wait_until_equal(lambda: ingest.metrics().sum(metric, **labels), value, 20, metric)


def test_data_before_its_template_waits_and_keeps_its_order(folder):
    ingest = console(folder)
    exports.send(ingest.port, exports.netflow9(1, exports.data([(100, 1), (200, 2)])),
                 exports.netflow9(2, exports.data([(300, 3)])))
    wait_for(ingest, "goflow_decode_held_sets", 2)
    exports.send(ingest.port, exports.netflow9(3, exports.template()))
    wait_for(ingest, "goflow_flows_total", 3)
    wait_for(ingest, "goflow_decode_held_sets", 0)
    case.equal(ingest.metrics().sum("goflow_decode_dropped_total"), 0, "dropped")
    ingest.stop()
    case.equal([flow["Bytes"] for flow in flows(ingest)], [100, 200, 300], "octets in order")


def test_no_waiting_data_is_lost_when_the_template_comes_just_before_the_stop(folder):
    """Of data that waits only as much is decoded at a time as a datagram holds."""
    ingest = console(folder)
    for number in range(20):
        octets = range(1 + number * 4000, 1 + (number + 1) * 4000)
        exports.send(ingest.port, exports.netflow9(
            number, exports.data([(count, 1) for count in octets])))
        wait_for(ingest, "goflow_decode_held_sets", number + 1)
    exports.send(ingest.port, exports.netflow9(20, exports.template()))
    ingest.stop()
    case.equal([flow["Bytes"] for flow in flows(ingest)], list(range(1, 80001)), "octets in order")


def test_data_whose_template_never_comes_is_dropped_although_its_exporter_is_silent(folder):
    ingest = console(folder, templates_hold_age="1s")
    exports.send(ingest.port, exports.netflow9(1, exports.data([(100, 1)])))
    wait_for(ingest, "goflow_decode_dropped_total", 1, reason="template_missing")
    wait_for(ingest, "goflow_decode_held_sets", 0)
    ingest.stop()
    case.equal(flows(ingest), [], "flows")


def test_without_room_to_wait_data_is_dropped_at_once(folder):
    ingest = console(folder, templates_hold="0")
    exports.send(ingest.port, exports.netflow9(1, exports.data([(100, 1)])),
                 exports.netflow9(2, exports.template()))
    wait_for(ingest, "goflow_receive_datagrams_total", 2)
    wait_for(ingest, "goflow_decode_dropped_total", 1, reason="template_missing")
    ingest.stop()
    case.equal(flows(ingest), [], "flows")


def test_the_document_is_whole_while_templates_come(folder):
    """/templates is JSON at any moment, and has them all in the end."""
    ingest = console(folder)
    for first in range(256, 2256, 40):
        sets = [exports.flow_set(0, struct.pack(">HHHH", number, 1, 1, 4))
                for number in range(first, first + 40)]
        exports.send(ingest.port, exports.netflow9(first, *sets))
        document = json.loads(ingest.get("/templates"))
        for versions in document.values():
            case.equal(list(versions), ["9"], "versions")
    case.wait_until_equal(
        lambda: len(json.loads(ingest.get("/templates"))["127.0.0.1"]["9"]["7"]), 2000, 20,
        "templates")
    ingest.stop()


def restart(ingest, folder, **settings):
    """Stops the ingest; (what it printed, its successor)."""
    ingest.stop()
    return flows(ingest), console(folder, name=f"{ingest.name}-again", **settings)


def announce(port):
    exports.send(port, exports.netflow9(1, exports.template(), exports.sampling_template(),
                                        exports.sampling(512)))


def send_flows(port, first, count):
    """Each of its own number of octets."""
    exports.send(port, *(exports.netflow9(number, exports.data([(number, 1)]))
                         for number in range(first, first + count)))


def test_a_restart_in_mid_stream_loses_no_flow_and_no_sampling_rate(folder):
    file = folder / "templates"
    ingest = console(folder, workers=2, templates_file=file)
    announce(ingest.port)
    send_flows(ingest.port, 10, 20)
    wait_for(ingest, "goflow_flows_total", 20)
    before, ingest = restart(
        ingest, folder, workers=3, templates_file=file, templates_hold="0")
    send_flows(ingest.port, 30, 20)
    wait_for(ingest, "goflow_flows_total", 20)
    between, ingest = restart(ingest, folder, templates_file=file, templates_hold="0")
    send_flows(ingest.port, 50, 20)
    wait_for(ingest, "goflow_flows_total", 20)
    ingest.stop()
    everything = before + between + flows(ingest)
    case.equal([flow["Bytes"] for flow in everything], list(range(10, 70)), "octets")
    case.equal({flow["SamplingRate"] for flow in everything}, {512}, "rates")
    case.equal(sorted(path.name for path in folder.glob("templates*")), ["templates"], "files")


def test_a_damaged_file_is_said_and_written_anew(folder):
    file = folder / "templates"
    file.write_bytes(b"GOFLOWTF\0\0\0\1" + bytes(99))
    ingest = console(folder, templates_file=file)
    announce(ingest.port)
    wait_for(ingest, "goflow_decode_templates_total", 2)
    ingest.stop()
    case.equal(ingest.stderr.count("damaged"), 1, ingest.stderr)
    case.true(len(file.read_bytes()) > 150, "the file was not written anew")


def about_templates(ingest):
    """The log lines of the component; a start has a line of its own."""
    return [line for line in ingest.stderr.splitlines() if " templates: " in line]


def test_a_foreign_file_is_said_and_left_alone(folder):
    file = folder / "notes"
    file.write_text("nobody has another copy of this\n")
    ingest = console(folder, templates_file=file)
    announce(ingest.port)
    wait_for(ingest, "goflow_decode_templates_total", 2)
    ingest.stop()
    case.equal(len(about_templates(ingest)), 1, ingest.stderr)
    case.equal(file.read_text(), "nobody has another copy of this\n", "the file")


def test_a_file_that_cannot_be_written_is_said_once(folder):
    ingest = console(folder, templates_file=folder / "nowhere" / "templates")
    announce(ingest.port)
    wait_for(ingest, "goflow_decode_templates_total", 2)
    ingest.stop()
    case.equal(len(about_templates(ingest)), 1, ingest.stderr)


if __name__ == "__main__":
    case.main(globals())
