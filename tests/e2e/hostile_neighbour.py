#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- an honest exporter beside hostile ones, on one worker.
"""
Between any two of its datagrams come some of each kind that fills what exporters share: memory for
templates and for data that waits, sampling rates, options. The honest one does what routers do in
an hour: announces another rate, starts anew with another template, sends data before that. Each of
its flows must come out, once and in order, with the rate in force.
"""
import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402

HONEST = "127.0.0.9"
ROUNDS = 24
RECORDS = 40  # a datagram
RATES = (100, 200)
VARIABLE = 65535
FIELDS_MAX = 1024  # of a template


def ipfix(domain, *sets):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), 1_700_000_000, 0, domain) + body


def templates(number):
    """The largest there may be, then ever smaller ones into what room those left."""
    datagrams = []
    first = 256
    for fields, count in ((FIELDS_MAX, 15), (64, 200), (1, 4000)):
        body = struct.pack(">HH", 10, VARIABLE) * fields
        records = (struct.pack(">HH", first + place, fields) + body for place in range(count))
        datagrams.append(ipfix(number, exports.flow_set(2, b"".join(records))))
        first += count
    return datagrams


def orphans(number):
    """Data of templates that never come."""
    return [ipfix(number, exports.flow_set(1000 + place, bytes(50_000))) for place in range(3)]


def rates(number):
    """Options: thousands of samplers, of a domain a datagram."""
    announced = exports.flow_set(3, struct.pack(">HHHHHHH", 999, 2, 1, 302, 4, 305, 4))
    told = b"".join(struct.pack(">II", sampler, 7) for sampler in range(1, 8000))
    return [ipfix(number * 10 + place, announced, exports.flow_set(999, told))
            for place in range(2)]


def names(number):
    """Options: interface after interface."""
    announced = exports.flow_set(3, struct.pack(">HHHHHHH", 998, 2, 1, 10, 4, 82, 8))
    told = b"".join(struct.pack(">I8s", number * 4000 + interface, b"x" * 8)
                    for interface in range(4000))
    return [ipfix(number, announced, exports.flow_set(998, told))]


def withdrawals(number):
    """Of every template, in every domain that anybody here uses."""
    return [ipfix(domain, exports.flow_set(2, struct.pack(">HH", 2, 0)),
                  exports.flow_set(3, struct.pack(">HH", 3, 0))) for domain in (7, number)]


def lies(number):
    """Counts and lengths beyond what is there, and noise."""
    noise = random.Random(number)
    sflow = struct.pack(">II4sIIII", 5, 1, b"\x7f\0\0\x09", 0, number, 0, 0xFFFFFFFF)
    return [sflow, sflow + struct.pack(">II", 1, 0xFFFFFFF0), struct.pack(">HH", 5, 65535),
            struct.pack(">HH", 9, 65535) + bytes(200),
            *(bytes([0, version]) + noise.randbytes(1400) for version in (5, 8, 9, 10))]


HOSTILE = (templates, orphans, rates, names, withdrawals, lies)


def other_template():
    """After the honest exporter's start: the same fields under another number."""
    fields = b"".join(struct.pack(">HH", *field) for field in exports.FIELDS)
    return exports.flow_set(
        0, struct.pack(">HH", exports.TEMPLATE_ID + 5, len(exports.FIELDS)) + fields)


def other_data(counts):
    return struct.pack(">H", exports.TEMPLATE_ID + 5) + exports.data(counts)[2:]


def honest_sets(number):
    """What it sends in a round; octets number its flows."""
    first = 1 + number * RECORDS
    counts = [(first + place, 1) for place in range(RECORDS)]
    half = ROUNDS // 2
    if number == 0:
        sets = [exports.template(), exports.sampling_template(), exports.sampling(RATES[0]),
                exports.data(counts)]
    elif number == half:
        sets = [exports.sampling(RATES[1]), exports.data(counts)]
    elif number == half + 1:
        return [[other_data(counts)], [other_template()]]
    else:
        sets = [other_data(counts) if number > half else exports.data(counts)]
    return [sets]


def deliver(ingest, before, datagrams, source):
    """So few at once that the socket holds them. Returns how many."""
    exports.send(ingest.port, *datagrams, source=source)
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_datagrams_total"), before + len(datagrams),
        60, "datagrams")
    return len(datagrams)


def test_each_flow_of_the_honest_exporter_comes_out_once_and_in_order(folder):
    ingest = goflow.Ingest(
        folder, transport="console", format="json", workers=1, exporters_max=64,
        templates_bytes="2MiB", templates_hold="1MiB").wait_until_ready()
    sent = 0
    sequence = 0
    for number in range(ROUNDS):
        for place, kind in enumerate(HOSTILE):
            sent += deliver(ingest, sent, kind(number), f"127.0.1.{1 + place}")
        for sets in honest_sets(number):
            sent += deliver(ingest, sent, [exports.netflow9(sequence, *sets)], HONEST)
            sequence += 1
    page = ingest.metrics()
    for reason in ("template_limit", "template_missing", "count", "version"):
        case.true(page.sum("goflow_decode_dropped_total", reason=reason) > 0,
                  f"nothing was refused as {reason}")
    case.equal(page.sum("goflow_receive_kernel_drops_total"), 0, "the kernel's drops")
    ingest.stop()
    flows = [flow for flow in map(json.loads, ingest.stdout.splitlines())
             if flow["SamplerAddress"] == HONEST]
    case.equal([flow["Bytes"] for flow in flows], list(range(1, 1 + ROUNDS * RECORDS)), "flows")
    half = ROUNDS // 2 * RECORDS
    case.equal({flow["SamplingRate"] for flow in flows[:half]}, {RATES[0]}, "rates before")
    case.equal({flow["SamplingRate"] for flow in flows[half:]}, {RATES[1]}, "rates after")


if __name__ == "__main__":
    case.main(globals())
