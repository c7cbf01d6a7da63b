#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- nfacctd rounds NetFlow's uptimes to whole seconds.
#
# Of a NetFlow 9 flow from uptime 1400 ms to 2600 ms nfacctd prints 8 and 7 s before the export at 10 s.
#
# One would expect: sysUpTime, FIRST_SWITCHED and LAST_SWITCHED are milliseconds, so the flow lasts 1.2 s
# and starts 8.6 s before an export at uptime 10000 ms.
# What happens: start and end are whole seconds, here 0.6 and 0.4 s late, although nfacctd prints six
# digits behind the point.
# Why it matters: durations and rates of short flows are off by up to a second, most of them by much more
# than their length, and the printed precision hides it.
# Source: RFC 3954 sections 5.1 and 8; pmacct 1.7.7; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program pmacct 1.7.7-1+b1
python_flows <<'PYTHON'
import socket
import struct

from flows import EXPORTED_S, netflow9, pmacct_reads, template

fields = ((8, 4), (12, 4), (4, 1), (1, 4), (2, 4), (22, 4), (21, 4))
record = socket.inet_aton("192.0.2.1") + struct.pack(
    ">4sBIIII", socket.inet_aton("198.51.100.1"), 17, 1000, 2, 1400, 2600) + bytes(3)
datagram = netflow9(1, 10_000, (0, template(256, *fields)), (256, record))
flow, = pmacct_reads("nfacctd", [datagram], "src_host, timestamp_start, timestamp_end")
found = [float(flow[name]) - EXPORTED_S for name in ("timestamp_start", "timestamp_end")]
print("from the export:", found, "instead of", [-8.6, -7.4])
assert found == [-8, -7], "the times are no longer whole seconds"
PYTHON
echo "as described"
