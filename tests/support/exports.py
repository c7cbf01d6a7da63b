# SPDX-License-Identifier: BSD-3-Clause -- NetFlow 9, IPFIX and sFlow datagrams, a few bytes at a time.
"""
    exports.netflow9(1, exports.template(), exports.data([(1500, 10)]))

One template: source and destination address, octets, packets. `data` takes (octets, packets).
"""
import socket
import struct
import time

TEMPLATE_ID = 300
FIELDS = [(8, 4), (12, 4), (1, 4), (2, 4)]


def netflow9(sequence, *sets, exported_s=None):
    header = struct.pack(">HHIIII", 9, len(sets), 3_600_000, exported_s or int(time.time()),
                         sequence, 7)
    return header + b"".join(sets)


def flow_set(set_id, body):
    padding = -len(body) % 4
    return struct.pack(">HH", set_id, 4 + len(body) + padding) + body + bytes(padding)


def template():
    fields = b"".join(struct.pack(">HH", *field) for field in FIELDS)
    return flow_set(0, struct.pack(">HH", TEMPLATE_ID, len(FIELDS)) + fields)


def sampling_template():
    """Options: element 34, one in how many, for the whole system."""
    return flow_set(1, struct.pack(">HHHHHHH", TEMPLATE_ID + 1, 4, 4, 1, 4, 34, 4))


def sampling(rate):
    return flow_set(TEMPLATE_ID + 1, struct.pack(">II", 0, rate))


def data(counts):
    addresses = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.7")
    return flow_set(
        TEMPLATE_ID, b"".join(addresses + struct.pack(">II", *count) for count in counts))


# Octets, an interface's name, a signed one, and an element of Juniper's.
JUNIPER = 2636
ELEMENTS = [(0, 1, 4), (0, 82, 8), (0, 434, 1), (JUNIPER, 137, 2)]


def elements(octets, interface):
    """IPFIX: a template of ELEMENTS and one record, which ends in -5 and 0x0102."""
    fields = b"".join(
        struct.pack(">HHI", 0x8000 | element, length, enterprise) if enterprise
        else struct.pack(">HH", element, length) for enterprise, element, length in ELEMENTS)
    record = struct.pack(">I8sbH", octets, interface if isinstance(interface, bytes) else interface.encode(), -5,
                         0x0102)
    sets = (flow_set(2, struct.pack(">HH", TEMPLATE_ID, len(ELEMENTS)) + fields)
            + flow_set(TEMPLATE_ID, record))
    return struct.pack(">HHIII", 10, 16 + len(sets), int(time.time()), 1, 7) + sets


def sflow_sample(rate, *records):
    """One flow sample: in 3, out 4."""
    sample = struct.pack(">IIIIIIII", 1, 3, rate, rate, 0, 3, 4, len(records)) + b"".join(records)
    agent = struct.pack(">I4s", 1, socket.inet_aton("203.0.113.1"))
    return (struct.pack(">I", 5) + agent + struct.pack(">IIII", 0, 1, 1000, 1)
            + struct.pack(">II", 1, len(sample)) + sample)


def sflow_raw_header(protocol, packet):
    """A record of the whole packet, whose check sequence was stripped."""
    header = struct.pack(">IIII", protocol, len(packet) + 4, 4, len(packet)) + packet
    header += bytes(-len(packet) % 4)
    return struct.pack(">II", 1, len(header)) + header


def send(port, *datagrams, source="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))
