#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- sfacctd loses four bits of the IPv6 traffic class.
#
# sfacctd prints tos 11 for an IPv6 packet of traffic class 184 (expedited forwarding).
#
# One would expect: the traffic class is the eight bits behind the version, so a packet of class 184
# (DSCP 46) has tos 184, as the same collector prints for IPv4.
# What happens: of a sampled IPv6 packet it prints the class shifted right by four bits: 184 becomes 11.
# All classes that differ in the lower four bits only become one.
# Why it matters: whoever counts by class of service finds IPv6's voice traffic in another class than
# IPv4's, and collectors that are compared with pmacct seem to be wrong.
# Source: RFC 8200 section 3; pmacct 1.7.7; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program pmacct 1.7.7-1+b1
python_flows <<'PYTHON'
from flows import pmacct_reads, raw_header, sflow, udp_frame

packets = [udp_frame("192.0.2.1", "192.0.2.2", (5000, 5004), bytes(20), tos=184),
           udp_frame("2001:db8::1", "2001:db8::2", (5000, 5004), bytes(20), tos=184)]
flows = pmacct_reads("sfacctd", [sflow(raw_header(packet)) for packet in packets], "src_host, tos")
found = {flow["ip_src"]: flow["tos"] for flow in flows}
print(found)
assert found["192.0.2.1"] == 184, "IPv4's type of service changed"
assert found["2001:db8::1"] == 184 >> 4, "the traffic class is no longer shifted"
PYTHON
echo "as described"
