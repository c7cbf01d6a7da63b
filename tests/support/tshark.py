# SPDX-License-Identifier: BSD-3-Clause -- flows of a capture as tshark reads them.
"""
Each flow is a dict with the names and notation of our JSON, of those fields that tshark knows.
"""
import re
import xml.etree.ElementTree

import process

FLOW = re.compile(r"(pdu \d+/\d+|Flow \d+)$")

NETFLOW = {
    "cflow.srcaddr": "SrcAddr", "cflow.dstaddr": "DstAddr", "cflow.nexthop": "NextHop",
    "cflow.inputint": "InIf", "cflow.outputint": "OutIf", "cflow.packets": "Packets",
    "cflow.octets": "Bytes", "cflow.srcport": "SrcPort", "cflow.dstport": "DstPort",
    "cflow.tcpflags": "TCPFlags", "cflow.protocol": "Proto", "cflow.tos": "IPTos",
    "cflow.srcas": "SrcAS", "cflow.dstas": "DstAS", "cflow.srcmask": "SrcNet",
    "cflow.dstmask": "DstNet", "cflow.vlanid": "SrcVlan", "cflow.direction": "FlowDirection",
    "cflow.post_natsource_ipv4_address": "PostNatSrcAddr",
    "cflow.post_natdestination_ipv4_address": "PostNatDstAddr",
}
NETFLOW_HEADER = {
    "cflow.sequence": "SequenceNum", "cflow.source_id": "ObservationDomainID",
    "cflow.od_id": "ObservationDomainID",
}
SFLOW = {
    "sflow_245.agent": "SamplerAddress", "sflow_245.sequence_number": "SequenceNum",
    "sflow.flow_sample.sampling_rate": "SamplingRate",
    "sflow.flow_sample.input_interface_value": "InIf",
    "sflow_245.header.frame_length": "Bytes", "ip.src": "SrcAddr", "ip.dst": "DstAddr",
    "ip.proto": "Proto", "ip.ttl": "IPTTL", "ip.id": "FragmentId", "tcp.srcport": "SrcPort",
    "tcp.dstport": "DstPort", "tcp.flags": "TCPFlags", "vlan.id": "VlanId", "eth.src": "SrcMac",
    "eth.dst": "DstMac", "sflow_245.srcAS": "SrcAS", "sflow_245.nexthop": "NextHop",
    "sflow_245.nexthop.src_mask": "SrcNet", "sflow_245.nexthop.dst_mask": "DstNet",
    "sflow_245.localpref": "LocalPref",
}


def netflow(folder, capture):
    """Flows of NetFlow 5, 9 and IPFIX in order; options data is left out."""
    flows = []
    for packet in packets(folder, capture, "cflow"):
        header = mapped(packet, NETFLOW_HEADER)
        clock = uptime_clock(packet)
        for field in packet.iter("field"):
            if FLOW.match(field.get("show", "")):
                flow = mapped(field, NETFLOW)
                if flow:
                    flows.append({**header, **flow, **times(field, clock)})
    return flows


def sflow(folder, capture):
    """The flow of each datagram; use captures with one sample a datagram."""
    return [mapped(packet, SFLOW) for packet in packets(folder, capture, "sflow")]


def packets(folder, capture, protocol):
    done = process.check(
        f"tshark-{capture.stem}",
        ["tshark", "-n", "-r", capture, "-d", "udp.port==2055,cflow", "-T", "pdml"], folder)
    tree = xml.etree.ElementTree.fromstring(done.stdout)
    return [proto for proto in tree.iter("proto") if proto.get("name") == protocol]


def mapped(element, names):
    """The first value of each name below the element."""
    found = {}
    for field in element.iter("field"):
        key = names.get(field.get("name"))
        if key and key not in found:
            found[key] = value(field.get("show"))
    return found


def value(show):
    """Numbers as numbers, whatever their notation."""
    if re.fullmatch(r"0x[0-9a-f]+", show):
        return int(show, 16)
    return int(show) if re.fullmatch(r"\d+", show) else show


def uptime_clock(packet):
    """What to add to an uptime to get seconds since 1970; None without an uptime."""
    first = {}
    for field in packet.iter("field"):
        first.setdefault(field.get("name"), field.get("show"))
    if "cflow.sysuptime" not in first or "cflow.unix_secs" not in first:
        return None
    now = int(first["cflow.unix_secs"]) + int(first.get("cflow.unix_nsecs", 0)) / 1e9
    return now - float(first["cflow.sysuptime"])


def times(field, clock):
    if clock is None:
        return {}
    names = {"cflow.timestart": "TimeFlowStart", "cflow.timeend": "TimeFlowEnd"}
    return {
        names[part.get("name")]: int(clock + float(part.get("show")))
        for part in field.iter("field") if part.get("name") in names
    }
