#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- Open vSwitch's NetFlow 5 sequence is that of the last flow.
#
# Open vSwitch's first NetFlow 5 datagram, of three flows, has sequence number 2, the second number 5.
#
# One would expect: flow_sequence counts the flows sent before: it is 0 in the first datagram and 3 in
# the second, so that number and count give the next number.
# What happens: the number is that of the datagram's last flow, counted from 0.
# Why it matters: where the number of flows a datagram varies, collectors that reckon losses by it find
# flows lost and others late in every stream, although nothing is lost.
# Source: Cisco's format of NetFlow 5 (flow_sequence, sequence counter of total flows seen); Open vSwitch
# 3.1.0, ofproto/netflow.c; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program openvswitch-switch 3.1.0-2+deb12u1
debian_program openvswitch-common 3.1.0-2+deb12u1
python_flows <<'PYTHON'
import struct

import dummy_switch

PORTS = (5001, 5002, 5003)
listener, port = dummy_switch.collector()
headers = []
with dummy_switch.running() as bridge:
    bridge.export("NetFlow", "netflow", port, "active-timeout=1")
    for _ in range(2):
        for source_port in PORTS:
            bridge.receive(source_port)
        flows = 0
        while flows < len(PORTS):
            datagram = listener.recv(65535)
            headers.append((struct.unpack_from(">H", datagram, 2)[0],
                            struct.unpack_from(">I", datagram, 16)[0]))
            flows += headers[-1][0]
print("(flows, sequence number):", headers)
sent = 0
for count, number in headers:
    sent += count
    assert number == sent - 1, "the number is no longer that of the last flow"
PYTHON
echo "as described"
