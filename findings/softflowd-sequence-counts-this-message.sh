#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- softflowd's IPFIX sequence counts the message it stands in.
#
# The first IPFIX message of softflowd, with one options record and N flows, has sequence number N.
#
# One would expect: the number is that of the data records sent before the message, options data included:
# 0 in the first message, and N + 1 in the second.
# What happens: it is the number of flows up to and with this message, without options data: N, then N
# plus the flows of the second message.
# Why it matters: a collector that reckons losses by RFC 7011 finds flows lost and others late in every
# stream of softflowd in which the number of flows a message varies, although nothing is lost.
# Source: RFC 7011 section 3.1; softflowd 1.1.0, ipfix.c; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_program softflowd 1.1.0-1+b1
python_flows <<'PYTHON'
import struct

from flows import WORK, received, udp_frame, write_pcap

CONNECTIONS = 50
write_pcap(WORK / "in.pcap", [
    udp_frame("192.0.2.1", "192.0.2.2", (5000 + number, 53), b"q" * 20)
    for number in range(CONNECTIONS)])
messages = received("softflowd", "-d", "-r", WORK / "in.pcap", "-v", "10", "-c", "none", "-p",
                    WORK / "pid", "-n", "127.0.0.1:{port}")
templates, flows, options, numbers = {}, [], [], []
for message in messages:
    at = 16
    counts = {True: 0, False: 0}
    while at < len(message):
        set_id, length = struct.unpack_from(">HH", message, at)
        if set_id in (2, 3):
            body, end = at + 4, at + length
            while body + 4 <= end:
                number, count = struct.unpack_from(">HH", message, body)
                body += 4 if set_id == 2 else 6
                templates[number] = (
                    set_id == 3, sum(struct.unpack_from(f">{2 * count}H", message, body)[1::2]))
                body += 4 * count
        elif set_id in templates:
            is_options, size = templates[set_id]
            counts[is_options] += (length - 4) // size
        at += length
    flows.append(counts[False])
    options.append(counts[True])
    numbers.append(struct.unpack_from(">I", message, 8)[0])
print("flows:", flows, "options records:", options, "sequence numbers:", numbers)
assert len(messages) >= 2 and sum(flows) == CONNECTIONS and sum(options) >= 1
assert numbers == [sum(flows[:place + 1]) for place in range(len(flows))], "it counts otherwise now"
PYTHON
echo "as described"
