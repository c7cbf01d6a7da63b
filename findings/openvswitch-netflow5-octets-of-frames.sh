#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- Open vSwitch's NetFlow 5 counts octets of Ethernet frames.
#
# For an IP packet of 86 octets in a frame of 100 Open vSwitch's NetFlow 5 reports 100 octets.
#
# One would expect: dOctets are the octets of layer 3, so 86, as all other exporters of NetFlow 5 report
# and as the same switch reports in IPFIX.
# What happens: it reports the frame, with its Ethernet header of 14 octets.
# Why it matters: volumes are up to a fifth too large for small packets, nothing in the datagram shows it,
# and sums over several exporters mix two units.
# Source: Cisco's format of NetFlow 5 (dOctets, layer 3 bytes); Open vSwitch 3.1.0; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program openvswitch-switch 3.1.0-2+deb12u1
debian_program openvswitch-common 3.1.0-2+deb12u1
python_flows <<'PYTHON'
import struct

import dummy_switch

RECORD = 24
listener, port = dummy_switch.collector()
with dummy_switch.running() as bridge:
    bridge.export("NetFlow", "netflow", port, "active-timeout=1")
    bridge.receive(5001)
    datagram = listener.recv(65535)
packets, octets = struct.unpack_from(">II", datagram, RECORD + 16)
print("packets:", packets, "octets:", octets, "of IP:", dummy_switch.FRAME_SIZE - 14)
assert (packets, octets) == (1, dummy_switch.FRAME_SIZE), "octets are no longer those of the frame"
PYTHON
echo "as described"
