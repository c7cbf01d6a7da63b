#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- tshark shows the flags of sFlow's IPv4 records as zero.
#
# For an IPv4 record with TCP flags 0x12 tshark shows no flag that is set.
#
# One would expect: in sampled_ipv4 (record 3) tcp_flags is a word of XDR, an unsigned int of four bytes,
# most significant byte first, so flags 0x12 are in its last byte.
# What happens: tshark reads the first of the four bytes, which is always zero, so every packet seems to
# be without flags.
# Why it matters: whoever checks an agent or a collector with tshark takes right flags for wrong ones.
# Source: sFlow version 5 section 5.3, sampled_ipv4; RFC 4506 section 4.2; tshark 4.0.17; the behaviour
# was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program tshark 4.0.17-0+deb12u3
python_flows <<'PYTHON'
import re
import socket
import struct
import subprocess

from flows import as_pcap, sflow

SYN_ACK = 0x12
address = [socket.inet_aton(text) for text in ("192.0.2.1", "198.51.100.1")]
record = struct.pack(">II4s4sIIII", 120, 6, *address, 5000, 80, SYN_ACK, 0)
capture = as_pcap("sflow", [sflow((3, record))], port=6343)
text = subprocess.run(
    ["tshark", "-n", "-r", capture, "-d", "udp.port==6343,sflow", "-V"], stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL, check=True, text=True, timeout=60).stdout
flags = dict(re.findall(r"TCP Flag \((\w+)\): (Not set|Set)", text))
print(flags)
assert flags.get("SYN") == flags.get("ACK") == "Not set", "the flags are read"
PYTHON
echo "as described"
