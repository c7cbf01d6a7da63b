# SPDX-License-Identifier: BSD-3-Clause -- packets of any headers.
"""
    packets.ethernet(packets.ipv4(packets.UDP, packets.udp(4789, packets.vxlan(7, frame))))

The payload comes last, so that a packet reads as its headers do. Lengths and checksums are right:
other decoders look at them.
"""
import ipaddress
import struct
import types

import traffic

IPIP, TCP, UDP, IPV6, ROUTING, FRAGMENT, GRE, AUTHENTICATION, DESTINATION, ETHERIP, SCTP, MPLS = (
    4, 6, 17, 41, 43, 44, 47, 51, 60, 97, 132, 137)
ETYPE_IPV4, ETYPE_BRIDGED, ETYPE_VLAN, ETYPE_IPV6, ETYPE_MPLS, ETYPE_PPPOE, ETYPE_QINQ = (
    0x0800, 0x6558, 0x8100, 0x86DD, 0x8847, 0x8864, 0x88A8)
OUTER = ("192.0.2.1", "198.51.100.2")
INNER = ("10.0.0.1", "10.0.0.2")
OUTER6 = ("2001:db8::1", "2001:db8::2")


def ethernet(etype, payload):
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", etype) + payload


def tag(vlan, etype, payload):
    return struct.pack(">HH", vlan, etype) + payload


def labels(numbers, payload):
    entries = (number << 12 | (at == len(numbers)) << 8 | 60
               for at, number in enumerate(numbers, 1))
    return b"".join(struct.pack(">I", entry) for entry in entries) + payload


def ends(addresses, proto):
    source, target = map(ipaddress.ip_address, addresses)
    return types.SimpleNamespace(src=source, dst=target, proto=proto)


def ipv4(proto, payload, addresses=OUTER):
    return traffic.ipv4(ends(addresses, proto), payload, 4660) + payload


def ipv6(next_header, payload, addresses=OUTER6):
    source, target = map(ipaddress.ip_address, addresses)
    return (struct.pack(">IHBB", 6 << 28 | 0x12345, len(payload), next_header, 63)
            + source.packed + target.packed + payload)


def extension(next_header, octets, payload):
    """Of Pad1 options alone."""
    return struct.pack(">BB", next_header, octets // 8 - 1) + bytes(octets - 2) + payload


def segments(next_header, addresses, payload):
    packed = b"".join(ipaddress.ip_address(address).packed for address in addresses)
    last = len(addresses) - 1
    fixed = struct.pack(">BBBBBBH", next_header, len(packed) // 8, 4, last, last, 0, 0)
    return fixed + packed + payload


def fragment(next_header, offset, payload):
    return struct.pack(">BBHI", next_header, 0, offset << 3 | 1, 0x1234) + payload


def authentication(next_header, payload):
    """With twelve octets of check value."""
    return struct.pack(">BBHII", next_header, 4, 0, 1, 1) + bytes(range(12)) + payload


def udp(port, payload=b"payload"):
    return struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload


def tcp(options=b""):
    words = 5 + len(options) // 4
    return struct.pack(">HHIIHHHH", 50000, 443, 1, 2, words << 12 | 0x18, 1024, 0, 0) + options


def sctp():
    return struct.pack(">HHII", 50000, 443, 1, 0) + struct.pack(">BBH", 11, 0, 4)


def inner():
    return ipv4(TCP, tcp(), INNER)


def vxlan(vni, payload):
    return struct.pack(">II", 0x08000000, vni << 8) + payload


def geneve(vni, options, payload):
    return struct.pack(">BBHI", len(options) // 4, 0, ETYPE_BRIDGED, vni << 8) + options + payload


def gtp(teid, payload):
    """With a sequence number."""
    rest = struct.pack(">HBB", 7, 0, 0) + payload
    return struct.pack(">BBHI", 0x32, 255, len(rest), teid) + rest


def gre(etype, payload, key=None, sequence=None):
    flags = (key is not None) << 13 | (sequence is not None) << 12
    words = [word for word in (key, sequence) if word is not None]
    return struct.pack(f">HH{len(words)}I", flags, etype, *words) + payload
