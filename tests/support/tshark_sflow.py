# SPDX-License-Identifier: BSD-3-Clause -- flows of sFlow as tshark reads them.
"""
Each flow sample is a dict as our JSON has it, zero fields left out: the sample, its records, and
the packet whose header was sampled.
"""
import re

import tshark
import tshark_packet

SAMPLE = re.compile(r"(Expanded f|F)low sample, seq \d+$")
INTERNAL = 3

RECORDS = {
    "header.frame_length": "Bytes", "nexthop.src_mask": "SrcNet", "nexthop.dst_mask": "DstNet",
    "srcAS": "SrcAS", "localpref": "LocalPref", "vlan.in": "SrcVlan", "vlan.out": "DstVlan",
}
# Records 3 and 4: the key of a flow without the packet.
KEY = {
    "sflow_245.ip.length": "Bytes", "sflow.ip_protocol": "Proto",
    "sflow_245.ipv4_src": "SrcAddr", "sflow_245.ipv4_dst": "DstAddr",
    "sflow_245.ipv6_src": "SrcAddr", "sflow_245.ipv6_dst": "DstAddr",
    "sflow_245.ip.source_port": "SrcPort", "sflow.ip.destination_port": "DstPort",
}
ETYPES = {"3": 0x0800, "4": 0x86DD}  # by the record's format


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
        samples = [sample for sample in export.findall("field")
                   if SAMPLE.match(sample.get("show") or "")]
        behind = packet.behind if len(samples) == 1 else []
        found += [
            {name: value for name, value in {**datagram, **sample_flow(sample, behind)}.items()
             if value} for sample in samples
        ]
    return found


def sample_flow(sample, behind):
    """`behind`: what tshark shows behind the export belongs to the only sample in it."""
    flow = {"Packets": 1,
            "SamplingRate": int(tshark.text(sample, "sflow.flow_sample.sampling_rate"))}
    for side, name in (("input", "InIf"), ("output", "OutIf")):
        flow[name], flow[f"{name}Format"] = interface(sample, side)
    for record in sample.findall("field"):
        flow |= record_facts(record, behind)
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


def record_facts(record, behind):
    kind = tshark.text(record, "sflow_245.flow_record_format")
    facts = {
        name: tshark.number(shown) for wire, name in RECORDS.items()
        if (shown := tshark.text(record, f"sflow_245.{wire}")) is not None
    }
    hop = tshark.text(record, "sflow_245.nexthop") or tshark.text(record, "sflow_245.nexthop.v6")
    if hop not in (None, "0.0.0.0", "::"):
        facts["BgpNextHop" if kind == "1003" else "NextHop"] = hop
    if kind in ETYPES:
        facts |= {ours: tshark.number(shown) for name, ours in KEY.items()
                  if (shown := tshark.text(record, name)) is not None}
        facts["Etype"] = ETYPES[kind]
    if kind == "1003":
        facts |= gateway(record)
    header = next((f for f in record.findall("field") if f.get("name") == "sflow_245.header"), None)
    if header is None:
        return facts
    return {**facts, **tshark_packet.facts([*header.iter("proto"), *behind])}


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
