#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- nfcapd counts running totals where a record also has deltas.
#
# Three IPFIX records of 100 octets each, which also have the running total, are 600 octets to nfcapd.
#
# One would expect: octetDeltaCount (1) is what was counted since the last record, octetTotalCount (85)
# since the metering began. Where a record has both, the sum over records is the sum of the deltas: 300.
# What happens: nfcapd keeps 100, 200 and 300, the totals.
# Why it matters: Open vSwitch sends both in each record, and its totals are those of the whole
# observation point: sums of its flows grow with the square of the time, by thousands.
# Source: IANA's entries of elements 1 and 85; RFC 7011; Open vSwitch 3.1.0's IPFIX templates; nfdump 1.7.1;
# the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program nfdump 1.7.1-2+deb12u1
python_flows <<'PYTHON'
import socket
import struct

from flows import ipfix, nfdump_reads, template

fields = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8), (85, 8), (86, 8))
messages = [ipfix(0, (2, template(256, *fields)))]
for number in range(3):
    record = socket.inet_aton("192.0.2.1") + struct.pack(
        ">4sHHBQQQQ", socket.inet_aton("198.51.100.1"), 5000, 80, 17, 100, 1,
        100 * (number + 1), number + 1)
    messages.append(ipfix(number, (256, record)))
octets = [flow["in_bytes"] for flow in nfdump_reads("nfcapd", messages)]
print("octets of three records of 100:", octets)
assert octets == [100, 200, 300], "the deltas are kept"
PYTHON
echo "as described"
