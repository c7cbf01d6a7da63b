#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what thousands of made-up exporters cost: a bounded room.
"""
Each sends what is kept: templates, sampling rates, data that waits, sequences of many domains. The
memory they may take is small here, so that a flood of seconds overruns it many times.
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402

EXPORTERS = 300  # of which state is kept
SOURCES = 1000  # a round
AT_ONCE = 100  # sources between two looks at what has arrived
TEMPLATES_MIB = 8
HELD_MIB = 4
# 300 exporters with 200 samplers and 50 domains each, in tables that are doubled when full, and
# what the allocator keeps of what was freed.
REST_MIB = 32
SETTLED_MIB = 4  # of the same allocator, from round to round
HONEST = "127.0.0.9"
MIB = 1 << 20


def templates(number):
    """40 templates of 30 fields, of a domain that is the source's own."""
    sets = b"".join(
        exports.flow_set(2, struct.pack(">HH", 256 + place, 30)
                         + b"".join(struct.pack(">HH", 1 + (place + i) % 100, 4) for i in range(30)))
        for place in range(40))
    return ipfix(number, sets)


def ipfix(domain, sets):
    return struct.pack(">HHIII", 10, 16 + len(sets), 1_700_000_000, domain, domain) + sets


def rates():
    """Options: the rates of 200 samplers."""
    announced = exports.flow_set(3, struct.pack(">HHHHHHH", 999, 2, 1, 302, 4, 305, 4))
    told = b"".join(struct.pack(">II", sampler, sampler) for sampler in range(1, 201))
    return ipfix(1, announced + exports.flow_set(999, told))


def domains():
    return [ipfix(domain, exports.flow_set(2000, bytes(40))) for domain in range(100, 150)]


def orphans():
    """Data whose template never comes."""
    return ipfix(2, exports.flow_set(1000, bytes(1200)))


def flood(ingest, first):
    """A round of sources; waits now and then, so that none is lost in the socket."""
    for number in range(first, first + SOURCES):
        source = f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"
        exports.send(ingest.port, templates(number), rates(), orphans(), *domains(), source=source)
        if number % AT_ONCE == AT_ONCE - 1:
            arrived(ingest, (number + 1) * (3 + len(domains())) + 2)
    return ingest.metrics().sum("process_resident_memory_bytes")


def arrived(ingest, datagrams):
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_datagrams_total"), datagrams, 30, "datagrams")


def test_of_made_up_exporters_is_bounded_and_an_honest_one_is_served(folder):
    ingest = goflow.Ingest(
        folder, transport="none", exporters_max=EXPORTERS, templates_bytes=f"{TEMPLATES_MIB}MiB",
        templates_hold=f"{HELD_MIB}MiB").wait_until_ready()
    # Its second datagram shows that it lasts: a source of one makes way for newcomers.
    exports.send(ingest.port, *[exports.netflow9(1, exports.template())] * 2, source=HONEST)
    arrived(ingest, 2)
    before = ingest.metrics().sum("process_resident_memory_bytes")
    first, _, third = [flood(ingest, SOURCES * number) for number in range(3)]
    case.true(first - before < (TEMPLATES_MIB + HELD_MIB + REST_MIB) * MIB,
              f"the first round took {(first - before) / MIB:.1f} MiB")
    case.true(third - first < SETTLED_MIB * MIB,
              f"later rounds took {(third - first) / MIB:.1f} MiB more")
    case.true(ingest.metrics().sum("goflow_decode_dropped_total") > SOURCES, "nothing was refused")
    exports.send(ingest.port, exports.netflow9(2, exports.data([(1500, 10)])), source=HONEST)
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_flows_total"), 1, 30, "the honest exporter's flow")
    ingest.stop()
    print(f"{before / MIB:.1f} MiB, then {first / MIB:.1f}, at last {third / MIB:.1f}",
          file=sys.stderr)


if __name__ == "__main__":
    case.main(globals())
