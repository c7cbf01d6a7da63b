#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- templates: data before them, limits, restarts.
import json
import pathlib
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


if __name__ == "__main__":
    case.main(globals())
