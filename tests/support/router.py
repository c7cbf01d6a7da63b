# SPDX-License-Identifier: BSD-3-Clause -- what routers tell beside flows, a datagram at a time.
"""
    router.send(port, router.sflow(1, router.interface_counters(3, octets=10)))
    router.send(port, router.interface_name(3, b"eth3"), source="127.0.0.9")

Flows are in exports.py.
"""
import socket
import struct

AGENT = "192.0.2.9"


def send(port, *datagrams, source="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))


def sflow(sequence, sample):
    """A datagram with one counter sample."""
    header = struct.pack("!II4sIIII", 5, 1, socket.inet_aton(AGENT), 3, sequence, 1000, 1)
    return header + struct.pack("!II", 2, len(sample)) + sample


def interface_counters(index, octets):
    record = struct.pack("!IIQIIQ6IQ6II", index, 6, 10**9, 1, 3, octets, 1, 2, 3, 4, 5, 0xffffffff,
                         7, 1, 2, 3, 4, 5, 6, 2)[:88]
    return struct.pack("!III", 1, index, 1) + struct.pack("!II", 1, len(record)) + record


def netflow5(sequence, flows=1):
    header = struct.pack("!HHIIIIBBH", 5, flows, 10000, 1700000000, 0, sequence, 0, 7, 0)
    return header + bytes(48) * flows


def ipfix(*sets, sequence=0):
    body = b"".join(struct.pack("!HH", number, len(data) + 4) + data for number, data in sets)
    return struct.pack("!HHIII", 10, len(body) + 16, 1700000000, sequence, 5) + body


def interface_name(index, name):
    """A template for names of interfaces, and one record of it."""
    template = struct.pack("!HHHHHHH", 256, 2, 1, 10, 4, 82, 16)
    return ipfix((3, template), (256, struct.pack("!I16s", index, name)))
