#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- Open vSwitch's IPFIX multiplies counts by its sampling rate.
#
# With sampling=4 each sampled packet is a record of 4 packets, and no sampling rate is announced.
#
# One would expect: packetDeltaCount (2) and octetDeltaCount (1) are what was observed, one packet, and the
# rate is announced (34, or 304 with 305 and 306), so that collectors can scale, as with other exporters.
# What happens: each record of one sampled packet has packetDeltaCount 4 and four times its octets; no
# element of any template holds a rate.
# Why it matters: an operator who gives his collector the switch's rate by hand, as for other exporters that
# do not announce one, makes all volumes four times too large.
# Source: IANA's entries of elements 1 and 2; RFC 5477 section 8.2; Open vSwitch 3.1.0,
# ofproto-dpif-ipfix.c; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program openvswitch-switch 3.1.0-2+deb12u1
debian_program openvswitch-common 3.1.0-2+deb12u1
python_flows <<'PYTHON'
import dummy_switch
from flows import ipfix_records

RATE, PACKETS = 4, 60
SAMPLING = {34, 35, 48, 50, *range(302, 312)}
listener, port = dummy_switch.collector()
templates, records = {}, []
with dummy_switch.running() as bridge:
    bridge.export("IPFIX", "ipfix", port, f"sampling={RATE}", "cache_active_timeout=1")
    for _ in range(PACKETS):
        bridge.receive(5001)
    listener.settimeout(4)
    try:
        while True:
            records += ipfix_records(listener.recv(65535), templates)
    except TimeoutError:
        pass
counted = [(record[2], record[1]) for record in records if record.get(61) == 0 and 8 in record]
announced = SAMPLING & {element for _, fields in templates.values() for element, _ in fields}
print(f"{PACKETS} packets of {dummy_switch.FRAME_SIZE - 14} octets, (packets, octets) of records:", counted)
print("elements of sampling in templates:", announced or "none")
assert 1 <= len(counted) < PACKETS, "packets are not sampled"
assert {packets for packets, _ in counted} == {RATE}, "counts are no longer multiplied"
assert not announced, "a rate is announced"
PYTHON
echo "as described"
