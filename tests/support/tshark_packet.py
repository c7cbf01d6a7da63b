# SPDX-License-Identifier: BSD-3-Clause -- the headers of a sampled packet, as tshark reads them.
"""
    tshark_packet.facts(protos)     fields of our JSON, zeroes too

The packet itself fills the ordinary fields, the innermost packet those ending in Encap; the tunnel
is the outermost one.
"""
import re

import tshark

FIELDS = {
    "eth": {"eth.src": "SrcMac", "eth.dst": "DstMac"},
    "vlan": {"vlan.id": "VlanId"},
    "ieee8021ad": {"ieee8021ad.id": "VlanId"},
    "mpls": {"mpls.label": "MplsLabel", "mpls.ttl": "MplsTTL"},
    "ip": {"ip.src": "SrcAddr", "ip.dst": "DstAddr", "ip.proto": "Proto", "ip.ttl": "IPTTL",
           "ip.dsfield": "IPTos", "ip.id": "FragmentId", "ip.frag_offset": "FragmentOffset"},
    "ipv6": {"ipv6.src": "SrcAddr", "ipv6.dst": "DstAddr",
             "ipv6.hlim": "IPTTL", "ipv6.tclass": "IPTos", "ipv6.flow": "IPv6FlowLabel"},
    "ipv6.routing": {"ipv6.routing.segleft": "IPv6RoutingSegmentsLeft"},
    "ipv6.fraghdr": {"ipv6.fraghdr.offset": "FragmentOffset", "ipv6.fraghdr.ident": "FragmentId"},
    "ah": {"ah.next_header": "Proto"},
    "arp": {},
    "tcp": {"tcp.srcport": "SrcPort", "tcp.dstport": "DstPort", "tcp.flags": "TCPFlags"},
    "udp": {"udp.srcport": "SrcPort", "udp.dstport": "DstPort"},
    "sctp": {"sctp.srcport": "SrcPort", "sctp.dstport": "DstPort"},
    "icmp": {"icmp.type": "IcmpType", "icmp.code": "IcmpCode"},
    "icmpv6": {"icmpv6.type": "IcmpType", "icmpv6.code": "IcmpCode"},
}
AS_TEXT = ("eth.src", "eth.dst")
ETYPES = {"ip": 0x0800, "ipv6": 0x86DD, "arp": 0x0806}
INNER = {"SrcAddr", "DstAddr", "Etype", "Proto", "IPTTL", "IPTos", "FragmentId", "FragmentOffset",
         "IPv6FlowLabel", "SrcPort", "DstPort", "TCPFlags"}

ENCAPS = {f"{field}Encap" for field in INNER}

# TunnelType, and where its id is.
TUNNELS = {"gre": (1, "gre.key"), "vxlan": (3, "vxlan.vni"), "geneve": (4, "geneve.vni"),
           "gtp": (5, "gtp.teid"), "teredo": (6, None), "l2tp": (7, "l2tp.session"),
           "etherip": (10, None)}
IPIP, NVGRE, MPLS = 2, 8, 9
BRIDGED = "0x6558"

# LayerStack; what is not here is no header of ours. Some protocols have their payload in their
# size with tshark, IPv6 its extension headers.
LABELS = 5
LAYERS = {"eth": 0, "ip": 1, "ipv6": 2, "tcp": 3, "udp": 4, "mpls": LABELS, "vlan": 6,
          "ieee8021ad": 6, "icmp": 7, "icmpv6": 8, "gre": 9, "ipv6.routing": 10,
          "ipv6.fraghdr": 11, "geneve": 12, "teredo": 13, "ppp": 99, "pppoes": 99, "sctp": 99,
          "ipv6.dstopts": 99, "ipv6.hopopts": 99, "vxlan": 99, "gtp": 99, "l2tp": 99, "etherip": 99,
          "ah": 99}
SIZES = {"ipv6": 40, "icmp": 8, "icmpv6": 8, "sctp": 12, "teredo": 0}


def facts(protos):
    found, outside, is_deeper = {}, [], False
    for proto in protos:
        name = proto.get("name")
        tunnel = tunnel_of(proto, outside)
        if tunnel:
            found = found if "TunnelType" in found else {**found, **tunnel}
            is_deeper = True
        if name in ETYPES and is_deeper:
            found = {field: value for field, value in found.items() if field not in ENCAPS}
            is_deeper = False
        if name in FIELDS and not is_protocol_of_ipv4(name, outside):
            read(proto, name, found)
        outside.append(name)
    return {**found, **label_facts(found), **layers(protos)}


def is_protocol_of_ipv4(name, outside):
    """An authentication header: to IPv6 it is an extension header, which names the protocol."""
    return name == "ah" and outside[-1] == "ip"


def tunnel_of(proto, outside):
    """What begins a tunnel: a header that is one, or IP and labels behind IP."""
    name = proto.get("name")
    if name in TUNNELS:
        kind, wire = TUNNELS[name]
        number = tshark.number(tshark.text(proto, wire) or "0") if wire else 0
        if is_nvgre(proto):
            kind, number = NVGRE, number >> 8
        return {"HasEncap": True, "TunnelType": kind, "TunnelID": number}
    is_over_ip = outside[-1:] in (["ip"], ["ipv6"], ["udp"], ["ah"])
    if is_over_ip and name in ("ip", "ipv6", "mpls"):
        return {"HasEncap": True, "TunnelType": MPLS if name == "mpls" else IPIP}
    return {}


def is_nvgre(proto):
    """RFC 7637: Ethernet behind a key alone."""
    return (tshark.text(proto, "gre.proto") == BRIDGED
            and tshark.text(proto, "gre.flags_and_version") == "0x2000")


def read(proto, name, found):
    is_inner = "TunnelType" in found
    told = {field: shown if wire in AS_TEXT else tshark.number(shown)
            for wire, field in FIELDS[name].items()
            if (shown := tshark.text(proto, wire)) is not None}
    if name in ETYPES:
        told["Etype"] = ETYPES[name]
    if name == "ipv6":
        told["Proto"] = behind_extension_headers(proto)
    if name in ("ip", "ipv6.fraghdr"):
        told |= fragment_flags(proto, told["FragmentOffset"])
    for field, value in told.items():
        if field.startswith("Mpls"):
            found.setdefault(field, []).append(value)
        elif is_inner and field in INNER:
            found[f"{field}Encap"] = value
        elif not is_inner:
            store_outer(found, field, value)
    if name == "ipv6.routing" and not is_inner:
        found["IPv6RoutingAddresses"] = tshark.texts(proto, "ipv6.routing.srh.addr")


def fragment_flags(proto, offset):
    """Of a fragment alone: most packets are whole."""
    bits = [(64, "ip.flags.df"), (32, "ip.flags.mf"), (32, "ipv6.fraghdr.more")]
    flags = sum(bit for bit, wire in bits if tshark.number(tshark.text(proto, wire) or "0"))
    return {"FragmentFlags": flags} if offset or flags & 32 else {}


def store_outer(found, field, value):
    """The first Ethernet header counts, and a second tag is the customer's."""
    if field == "VlanId" and field in found:
        field = "CustomerVlanId"
    if field not in ("SrcMac", "DstMac") or field not in found:
        found[field] = value


def behind_extension_headers(proto):
    """Each extension header names the one behind it, the last one the protocol."""
    named = [field.get("show") for field in proto.iter("field")
             if re.fullmatch(r"ipv6(\.\w+)?\.nxt", field.get("name") or "")]
    return int(named[-1])


def label_facts(found):
    stack = list(zip(found.get("MplsLabel", []), found.get("MplsTTL", [])))
    if not stack:
        return {}
    told = {"HasMPLS": True, "MPLSCount": len(stack)}
    numbered = [*zip("123", stack), ("Last", stack[-1])]
    for place, (label, ttl) in numbered:
        told |= {f"MPLS{place}Label": label, f"MPLS{place}TTL": ttl}
    return told


def layers(protos):
    """A label stack is one layer, each label is a protocol to tshark."""
    stack, sizes = [], []
    for proto in protos:
        name = proto.get("name")
        if name not in LAYERS:
            continue
        size = min(int(proto.get("size")), SIZES.get(name, 1 << 16))
        if LAYERS[name] == LABELS and stack[-1:] == [LABELS]:
            sizes[-1] += size
        else:
            stack.append(LAYERS[name])
            sizes.append(size)
    return {"LayerStack": stack, "LayerSize": sizes} if stack else {}
