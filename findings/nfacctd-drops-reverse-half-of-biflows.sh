#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- nfacctd counts only the forward half of a biflow.
#
# Of an RFC 5103 record with 100 octets forward and 9000 back nfacctd counts 100.
#
# One would expect: a bidirectional record is one connection whose reverse counters (enterprise 29305)
# are octets as real as the forward ones, so a collector's sum has both, or it says what it leaves out.
# What happens: nfacctd has one flow of 100 octets; the answer's 9000 are nowhere, and no warning is
# printed.
# Why it matters: with exporters that send biflows (YAF, softflowd -b) most octets of a download are
# missing, without a sign.
# Source: RFC 5103 sections 3 and 6; pmacct 1.7.7; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program pmacct 1.7.7-1+b1
python_flows <<'PYTHON'
import socket
import struct

from flows import ipfix, pmacct_reads, template

REVERSE = 29305
fields = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8), (1, 8, REVERSE), (2, 8, REVERSE))
record = socket.inet_aton("192.0.2.1") + struct.pack(
    ">4sHHBQQQQ", socket.inet_aton("198.51.100.1"), 5000, 80, 6, 100, 2, 9000, 9)
message = ipfix(0, (2, template(256, *fields)), (256, record))
flows = pmacct_reads("nfacctd", [message], "src_host, dst_host")
print([(flow["ip_src"], flow["ip_dst"], flow["bytes"], flow["packets"]) for flow in flows])
assert [(flow["ip_src"], flow["bytes"]) for flow in flows] == [("192.0.2.1", 100)], \
    "the reverse half is counted"
PYTHON
echo "as described"
