#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- softflowd's flowDirection is the side of a connection.
#
# softflowd sends flowDirection 1 for the answers of a connection, although nothing left an interface.
#
# One would expect: flowDirection (element 61) says whether the packets were seen at ingress (0) or at
# egress (1) of the observation point, so one of the two values has every packet once.
# What happens: of each connection, the flow of who began it has 0 and the flow of the answer has 1.
# Both were seen at the same point, and each packet is in one of them.
# Why it matters: a collector whose users sum over flowDirection 0, to count routed packets once,
# loses all answers of softflowd: most of the octets of a download.
# Source: IANA's entry of element 61; softflowd 1.1.0, netflow9.c and ipfix.c; the behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
debian_package softflowd 1.1.0-1+b1
debian_package libpcap0.8 1.10.3-1
SOFTFLOWD=$work/root/usr/sbin/softflowd WORK=$work \
    LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu timeout 60 python3 - <<'PYTHON'
import ipaddress
import os
import socket
import struct
import subprocess


def packet(source, destination, ports, payload):
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
        ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", 0xFFFF - total) + header[12:]
    return bytes.fromhex("0200000000020200000000010800") + header + udp


def capture(path):
    question = packet("192.0.2.1", "192.0.2.2", (5000, 53), b"q" * 20)
    answer = packet("192.0.2.2", "192.0.2.1", (53, 5000), b"a" * 900)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, frame in enumerate((question, answer)):
            file.write(struct.pack("<IIII", 1_700_000_000 + at, 0, len(frame), len(frame)) + frame)


def records(message, templates):
    at = 16
    while at < len(message):
        set_id, length = struct.unpack_from(">HH", message, at)
        body, end = at + 4, at + length
        if set_id == 2:
            while body + 4 <= end:
                template, count = struct.unpack_from(">HH", message, body)
                templates[template] = struct.unpack_from(f">{2 * count}H", message, body + 4)
                body += 4 + 4 * count
        size = sum(templates.get(set_id, ())[1::2])
        while size and body + size <= end:
            record, fields = {}, templates[set_id]
            for element, width in zip(fields[::2], fields[1::2]):
                record[element] = int.from_bytes(message[body:body + width], "big")
                body += width
            yield record
        at = end


work = os.environ["WORK"]
capture(f"{work}/dns.pcap")
collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
collector.bind(("127.0.0.1", 0))
collector.settimeout(3)
subprocess.run(
    [os.environ["SOFTFLOWD"], "-d", "-r", f"{work}/dns.pcap", "-v", "10", "-c", "none", "-p",
     f"{work}/pid", "-n", f"127.0.0.1:{collector.getsockname()[1]}"],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=30)
templates, flows = {}, []
try:
    while True:
        flows += records(collector.recv(65535), templates)
except TimeoutError:
    pass
sides = {ipaddress.ip_address(flow[8]).exploded: (flow[61], flow[1]) for flow in flows if 8 in flow}
for source, (direction, octets) in sorted(sides.items()):
    print(f"from {source}: flowDirection {direction}, {octets} octets")
assert sides["192.0.2.1"] == (0, 48), "the question changed"
assert sides["192.0.2.2"] == (1, 928), "answers no longer have flowDirection 1"
PYTHON
echo "as described"
