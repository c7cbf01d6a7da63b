# SPDX-License-Identifier: BSD-3-Clause -- flows of sFlow as tshark reads them.
"""
Each flow sample is a dict as our JSON has it, zero fields left out: the sample, its records, and
the packet whose header was sampled.
"""
import re

import tshark

SAMPLE = re.compile(r"(Expanded f|F)low sample, seq \d+$")
INTERNAL = 3
ETYPES = {"ip": 0x0800, "ipv6": 0x86DD, "arp": 0x0806}

RECORDS = {
    "header.frame_length": "Bytes", "nexthop.src_mask": "SrcNet", "nexthop.dst_mask": "DstNet",
    "srcAS": "SrcAS", "localpref": "LocalPref", "vlan.in": "SrcVlan", "vlan.out": "DstVlan",
}
PACKET = {
    "eth": {"eth.src": "SrcMac", "eth.dst": "DstMac"},
    "vlan": {"vlan.id": "VlanId"},
    "ip": {"ip.src": "SrcAddr", "ip.dst": "DstAddr", "ip.proto": "Proto", "ip.ttl": "IPTTL",
           "ip.dsfield": "IPTos", "ip.id": "FragmentId", "ip.frag_offset": "FragmentOffset"},
    "ipv6": {"ipv6.src": "SrcAddr", "ipv6.dst": "DstAddr",
             "ipv6.hlim": "IPTTL", "ipv6.tclass": "IPTos", "ipv6.flow": "IPv6FlowLabel"},
    "arp": {},
    "tcp": {"tcp.srcport": "SrcPort", "tcp.dstport": "DstPort", "tcp.flags": "TCPFlags"},
    "udp": {"udp.srcport": "SrcPort", "udp.dstport": "DstPort"},
    "icmp": {"icmp.type": "IcmpType", "icmp.code": "IcmpCode"},
    "icmpv6": {"icmpv6.type": "IcmpType", "icmpv6.code": "IcmpCode"},
}
ADDRESSES = ("eth.src", "eth.dst")
# Numbers of LayerStack. What tshark makes of a payload is no header of ours.
MPLS = 5
LAYERS = {"eth": 0, "ip": 1, "ipv6": 2, "tcp": 3, "udp": 4, "mpls": MPLS, "vlan": 6,
          "ieee8021ad": 6, "icmp": 7, "icmpv6": 8, "gre": 9}
# Behind these octets tshark counts a payload as part of the protocol.
SIZES = {"icmp": 8, "icmpv6": 8}


def flows(packets):
    """Of tshark.packets()."""
    found = []
    for packet in packets:
        export = packet.export
        datagram = {
            "Type": 1, "TimeReceived": packet.time_s, "TimeFlowStart": packet.time_s,
            "TimeFlowEnd": packet.time_s,
            "SamplerAddress": tshark.text(export, "sflow_245.agent")
            or tshark.text(export, "sflow_245.agent.v6"),
            "SequenceNum": int(tshark.text(export, "sflow_245.sequence_number") or 0),
            "ObservationDomainID": int(tshark.text(export, "sflow_245.sub_agent_id") or 0),
        }
        found += [
            {name: value for name, value in {**datagram, **sample_flow(sample)}.items() if value}
            for sample in export.findall("field") if SAMPLE.match(sample.get("show") or "")
        ]
    return found


def sample_flow(sample):
    flow = {"Packets": 1,
            "SamplingRate": int(tshark.text(sample, "sflow.flow_sample.sampling_rate"))}
    for side, name in (("input", "InIf"), ("output", "OutIf")):
        flow[name], flow[f"{name}Format"] = interface(sample, side)
    for record in sample.findall("field"):
        flow |= record_facts(record)
    return flow


def interface(sample, side):
    """Expanded samples have a format of its own; else it is in the upper two bits."""
    shown = (tshark.text(sample, f"sflow.flow_sample.{side}_interface_value")
             or tshark.text(sample, f"sflow.flow_sample.{side}_interface"))
    form = (tshark.text(sample, f"sflow.flow_sample.{side}_interface_format")
            or tshark.text(sample, f"sflow.flow_sample.{side}_interface.format") or 0)
    value = tshark.number(shown or "0")
    if value == 0x3FFFFFFF:
        return value, INTERNAL
    return value, int(form)


def record_facts(record):
    kind = tshark.text(record, "sflow_245.flow_record_format")
    facts = {
        name: tshark.number(shown) for wire, name in RECORDS.items()
        if (shown := tshark.text(record, f"sflow_245.{wire}")) is not None
    }
    hop = tshark.text(record, "sflow_245.nexthop") or tshark.text(record, "sflow_245.nexthop.v6")
    if hop not in (None, "0.0.0.0", "::"):
        facts["BgpNextHop" if kind == "1003" else "NextHop"] = hop
    if kind == "1003":
        facts |= gateway(record)
    header = next((f for f in record.findall("field") if f.get("name") == "sflow_245.header"), None)
    return facts if header is None else {**facts, **packet_facts(header), **layers(header)}


def gateway(record):
    """tshark calls communities "AS Destination" too: they come behind their count."""
    path, communities = [], []
    values = path
    for field in record.iter("field"):
        if field.get("name") == "sflow_245.communityEntries":
            values = communities
        if field.get("name") == "sflow_245.dstAS":
            values.append(int(field.get("show")))
    facts = {"AsPath": path, "BgpCommunities": communities}
    own = int(tshark.text(record, "sflow_245.as") or 0)
    facts["DstAS"] = path[-1] if path else own
    facts["NextHopAS"] = path[0] if path else 0
    return facts


def packet_facts(header):
    """The outer packet: what follows a second IP or Ethernet header is inside a tunnel."""
    facts, seen = {}, set()
    for proto in header.iter("proto"):
        name = proto.get("name")
        if ends_outer_packet(name, seen):
            break
        if name not in PACKET or name in seen:
            continue
        seen.add(name)
        for wire, field in PACKET[name].items():
            shown = tshark.text(proto, wire)
            if shown is not None:
                facts[field] = shown if wire in ADDRESSES else tshark.number(shown)
        if name in ETYPES:
            facts["Etype"] = ETYPES[name]
        if name == "ipv6":
            facts["Proto"] = behind_extension_headers(proto)
    return facts


def layers(header):
    """A label stack is one layer, each label is a protocol to tshark."""
    stack, sizes = [], []
    for proto in header.iter("proto"):
        name, size = proto.get("name"), int(proto.get("size"))
        if name not in LAYERS:
            continue
        size = min(size, SIZES.get(name, size))
        if LAYERS[name] == MPLS and stack[-1:] == [MPLS]:
            sizes[-1] += size
        else:
            stack.append(LAYERS[name])
            sizes.append(size)
    return {"LayerStack": stack, "LayerSize": sizes} if stack else {}


def behind_extension_headers(proto):
    """Each extension header names the one behind it, the last one the protocol."""
    named = [field.get("show") for field in proto.iter("field")
             if re.fullmatch(r"ipv6(\.\w+)?\.nxt", field.get("name") or "")]
    return int(named[-1])


def ends_outer_packet(name, seen):
    has_ip = bool(seen & {"ip", "ipv6"})
    return has_ip and name in ("ip", "ipv6", "eth")
