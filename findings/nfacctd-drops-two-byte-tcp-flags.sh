#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- nfacctd reads TCP flags of two bytes as none.
#
# nfacctd prints no TCP flags where the exporter sends tcpControlBits in two bytes.
#
# One would expect: tcpControlBits (6) is unsigned16; exporters may send one byte (reduced size) or two,
# and flags 0x12 (SYN, ACK) are 18 either way.
# What happens: of one byte nfacctd prints 18, of two bytes 0, in IPFIX and NetFlow 9 alike.
# Why it matters: modern exporters send two bytes, so that scans and connections only begun cannot be
# told from others, while all other fields look right.
# Source: RFC 9565 (before it RFC 7125); IANA's entry of element 6; pmacct 1.7.7; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program pmacct 1.7.7-1+b1
python_flows <<'PYTHON'
import socket
import struct

from flows import ipfix, netflow9, pmacct_reads, template

FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4))
SYN_ACK = 0x12


def record(source, flags):
    return socket.inet_aton(source) + struct.pack(
        ">4sHHBII", socket.inet_aton("198.51.100.1"), 5000, 80, 6, 1000, 2) + flags


exports = {}
for make, name in ((lambda *numbered: ipfix(0, (2, numbered[0]), numbered[1]), "IPFIX"),
                   (lambda *numbered: netflow9(1, 1000, (0, numbered[0]), numbered[1]), "NetFlow 9")):
    datagrams = [
        make(template(256 + size, *FIELDS, (6, size)),
             (256 + size, record(f"192.0.2.{size}", SYN_ACK.to_bytes(size, "big"))))
        for size in (1, 2)]
    flows = pmacct_reads("nfacctd", datagrams, "src_host, tcpflags")
    exports[name] = {flow["ip_src"]: int(flow["tcp_flags"]) for flow in flows}
    print(name, exports[name])
for name, flags in exports.items():
    assert flags["192.0.2.1"] == SYN_ACK, f"{name}: flags of one byte changed"
    assert flags["192.0.2.2"] == 0, f"{name}: flags of two bytes are read"
PYTHON
echo "as described"
