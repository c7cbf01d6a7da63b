#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- sfcapd misses the addresses of sFlow's IPv4 records.
#
# Of a sample that an agent describes by an IPv4 record, without the packet's header, sfcapd keeps the
# ports but no addresses.
#
# One would expect: sampled_ipv4 (record 3) has addresses, protocol, ports, flags and length of the packet;
# the specification has it for agents that cannot export headers.
# What happens: the flow is kept with its ports and with the addresses 0.0.0.0, although both stand in the
# same record.
# Why it matters: traffic of agents without raw headers belongs to nobody, while other fields look right.
# Source: sFlow version 5 section 5.3, sampled_ipv4; nfdump 1.7.1 (nfdump-sflow); the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program nfdump 1.7.1-2+deb12u1
debian_program nfdump-sflow 1.7.1-2+deb12u1
python_flows <<'PYTHON'
import socket
import struct

from flows import nfdump_reads, raw_header, sflow, udp_frame

address = [socket.inet_aton(text) for text in ("192.0.2.1", "198.51.100.1")]
ipv4 = struct.pack(">II4s4sIIII", 120, 17, *address, 5000, 53, 0, 0)
header = raw_header(udp_frame("192.0.2.3", "198.51.100.3", (5001, 53), bytes(60)))
flows = nfdump_reads("sfcapd", [sflow(header), sflow((3, ipv4))])
found = [(flow.get("src4_addr"), flow.get("dst4_addr"), flow.get("src_port")) for flow in flows]
print(found)
assert ("192.0.2.3", "198.51.100.3", 5001) in found, "raw headers are not read"
assert not any("192.0.2.1" in flow for flow in found), "IPv4 records are read"
PYTHON
echo "as described"
