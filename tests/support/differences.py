# SPDX-License-Identifier: BSD-3-Clause -- where tshark 4.0 reads otherwise, and who is right.
"""
One entry a difference: the captures (a pattern), the field ("flows": their number), why, and a
condition on both values, so that an entry excuses nothing but what it describes. It must occur.
"""
import fnmatch


class Difference:
    def __init__(self, captures, fields, why, is_so=lambda ours, theirs: theirs is None):
        self.captures, self.fields, self.why, self.is_so = captures, fields.split(), why, is_so

    def of(self, field):
        return Met(field, self.is_so)


class Met:
    """A difference in one field of one capture, and whether it has been met."""

    def __init__(self, field, is_so):
        self.field, self.is_so, self.is_met = field, is_so, False

    def covers(self, field, ours, theirs):
        is_covered = field == self.field and self.is_so(ours, theirs)
        self.is_met = self.is_met or is_covered
        return is_covered


def of(capture, differences=None):
    """The differences to expect in a capture; of another decoder where its list is given."""
    return [
        difference.of(field) for difference in (LIST if differences is None else differences)
        if fnmatch.fnmatch(capture, difference.captures) for field in difference.fields
    ]


def so_many(ours, theirs):
    """A condition on the numbers of flows."""
    return lambda mine, others: (len(mine), len(others)) == (ours, theirs)


def is_one_wrap(ours, theirs):
    """2^32 ms, in seconds or nanoseconds."""
    return None not in (ours, theirs) and theirs - ours in (4294967, 4294968, 4294967296 * 10**6)


LIST = [
    Difference(
        "netflow9-cisco-nbar", "DstPort",
        "ICMP has no ports: type and code stand there, as in NetFlow 5, and are IcmpType and IcmpCode.",
        lambda ours, theirs: (ours, theirs) == (None, 8 << 8)),
    *(Difference(
        captures, "TimeFlowStart TimeFlowStartNs TimeFlowEnd TimeFlowEndNs",
        "The exporter read a capture that is older than itself, so the packets came before its "
        "boot, a little below 2^32 ms of a counter that wraps (RFC 3954 section 5.1).",
        is_one_wrap) for captures in ("softflowd-5", "softflowd-9", "nfprobe-5")),
    Difference(
        "netflow5-basic", "TimeFlowStart TimeFlowStartNs",
        "First is 2^32 - 1 ms while the uptime is 3 s. Both are 32 bits of milliseconds (Cisco's "
        "NetFlow 5 header and record; RFC 3954 sections 5.1 and 8 took them over) and wrap, so the "
        "flow began 1 ms before the wrap, not 49 days after its export.",
        is_one_wrap),
    *(Difference(
        captures, "TimeFlowStart TimeFlowStartNs TimeFlowEnd TimeFlowEndNs",
        "Times of the exporter's uptime (21, 22), which IANA's registry counts from its start "
        "(160). That is in options data, whose scope is the message's domain (RFC 7011 section "
        "3.4.2.1); tshark does not join them, and shows the export time or none.",
        lambda ours, theirs: ours is not None and (theirs is None or 0 <= theirs - ours < 10**6))
      for captures in ("ipfix-basic", "softflowd-10")),
    Difference(
        "netflow5-invalid-*", "flows",
        "The headers count 55582 and 163 records in a datagram of 30. Cisco's header of version 5 "
        "counts 1 to 30, and nothing else in one that lies is worth belief: dropped, reason count.",
        so_many(0, 30)),
    Difference(
        "sflow-multiple-counter-30-pdus", "flows",
        "Five datagrams of NetFlow 5 to sFlow's port: tshark goes by ports, we by the version.",
        so_many(7, 0)),
    *(Difference(
        captures, "flows",
        "Data that comes before its template waits for it, as RFC 3954 section 9 asks of a "
        "collector; tshark leaves it undecoded.",
        lambda ours, theirs: bool(ours) and not theirs)
      for captures in ("netflow9-data-before-template", "netflow9_data_before_template")),
    Difference(
        "netflow9-invalid", "flows",
        "The count is 2 and tshark stops after two FlowSets, which are templates. RFC 3954 "
        "section 5.1 counts records, exporters count what they like: the datagram's end counts.",
        so_many(2, 0)),
    Difference(
        "netflow9-nprobe", "TimeFlowStartNs",
        "FIRST_SWITCHED is 0, the moment of boot (RFC 3954 section 8); tshark takes it for none.",
        lambda ours, theirs: theirs - ours == 5 * 10**6),
    Difference(
        "ipfix-netscaler-varlen", "TimeFlowStartNs TimeFlowEndNs",
        "RFC 7011 section 6.1.9: the low eleven bits of a fraction in microseconds are to be "
        "ignored; tshark reads them.",
        lambda ours, theirs: 0 < theirs - ours < 477),
    Difference(
        "ipfix_times", "TimeFlowStartNs",
        "RFC 7011 section 6.1.10: a fraction of 0x80000000 is half a second; tshark is 1 ns off.",
        lambda ours, theirs: abs(theirs - ours) == 1),
    Difference(
        "netflow9_odd_fields", "VlanId SrcVlan",
        "IEEE 802.1Q clause 9.6: a VLAN id has twelve bits; here priority bits stand above it.",
        lambda ours, theirs: ours == theirs & 0xFFF),
    Difference(
        "netflow9_odd_fields", "TCPFlags",
        "RFC 9565, and RFC 7125 before it: the upper four bits of tcpControlBits are where TCP has "
        "its data offset, and a collector ignores them.",
        lambda ours, theirs: ours == theirs & 0xFFF),
    Difference(
        "ipfix_enterprise", "SrcAddrEncap DstAddrEncap ProtoEncap DstPortEncap",
        "Elements of VMware (6876), bare bytes to tshark."),
    Difference(
        "ipfix-yaf", "TCPFlags",
        "Elements 14 and 15 of CERT (6871), flags of the first packet and of the others, bare "
        "numbers to tshark. Their union is what tcpControlBits (6) would be."),
    Difference(
        "ipfix-yaf", "SrcMac DstMac",
        "Inside a subTemplateMultiList (RFC 6313 section 4.5.3), bare bytes to tshark."),
    Difference(
        "ipfix_as_paths", "AsPath", "Inside lists of RFC 6313, bare bytes to tshark."),
    Difference(
        "ipfix_lists",
        "SrcPort SrcMac BgpCommunities HasMPLS MPLSCount MPLS1Label MPLS2Label MPLSLastLabel "
        "MplsLabel IPv6RoutingAddresses InterfaceName",
        "Inside lists of RFC 6313, bare bytes to tshark."),
    Difference(
        "ipfix_exception",
        "Bytes Packets SrcAddr DstAddr Etype Proto SrcPort DstPort SrcMac DstMac IPTTL FragmentId "
        "LayerStack LayerSize",
        "RFC 7133, as below: what we make of the packet's headers."),
    Difference(
        "ipfix_packet_section",
        "Bytes Packets SrcAddr DstAddr Etype Proto SrcMac DstMac IPTTL IPv6FlowLabel LayerStack "
        "LayerSize",
        "RFC 7133: the element holds a packet; tshark shows it as bytes. The header parser is the "
        "one of sFlow's raw headers, which are compared."),
    Difference(
        "ipfix_packet_section_sizes",
        "Bytes Packets Layer2Bytes SrcAddr DstAddr Etype Proto SrcPort DstPort SrcMac DstMac IPTTL "
        "FragmentId LayerStack LayerSize",
        "RFC 7133, as above; the octets are those that the packet's IP header says."),
    Difference(
        "ipfix_application_ids", "ApplicationID ApplicationSelector ApplicationEnterprise",
        "RFC 6759 section 4.1: behind engine 20 comes an enterprise number; tshark takes all that "
        "follows the engine for the selector.",
        lambda ours, theirs: theirs is None or theirs > ours),
    Difference(
        "ipfix_texts", "VrfName",
        "A byte that is not UTF-8 and a control character become '?': a string of IPFIX is UTF-8 "
        "(RFC 7011 section 6.1.6).",
        lambda ours, theirs: ours == "bl?ue?"),
    Difference(
        "ipfix_procera", "flows",
        "Elements of Procera (15397), bare bytes to tshark.", so_many(2, 1)),
    Difference(
        "ipfix_srv6",
        "IPv6RoutingAddresses IPv6RoutingSegmentsLeft SrhFlags SrhTag SrhActiveSegment "
        "SrhActiveSegmentType SrhLocatorLength SrhEndpointBehavior",
        "Elements of RFC 9487, which came after tshark 4.0."),
    Difference(
        "sflow_discarded", "flows",
        "tshark does not know discarded packet samples (format 5 of sFlow Dropped Packet "
        "Notification Structures).",
        so_many(1, 0)),
    Difference(
        "sflow_expanded_rewritten",
        "VlanId ForwardingStatus DropReason HasMPLS MPLSCount MPLS1TTL MPLS1Label MPLSLastTTL "
        "MPLSLastLabel MplsTTL MplsLabel TunnelID PostNatSrcAddr PostNatDstAddr PostNatSrcPort "
        "PostNatDstPort",
        "Records 1006, 1007, 1012, 1020 and 1030: tshark names them at most."),
    Difference(
        "sflow_without_fields", "Bytes Etype Proto SrcAddr DstAddr SrcPort DstPort",
        "sFlow version 5 section 5, data_format: opaque data ends where its length says; tshark "
        "goes on inside record 1036 and takes what follows for an IPv4 record.",
        lambda ours, theirs: ours is None),
    Difference(
        "sflow_routed_with_texts", "TCPFlags IPTos",
        "Records 3 and 4 have the flags in a word (sFlow version 5 section 5, sampled_ipv4); "
        "tshark takes its first byte, which is zero, and splits up the type of service."),
    Difference(
        "sflow_expanded_rewritten", "Bytes",
        "A second raw header of two bytes is no packet, and bad; the first one tells the length "
        "(sFlow version 5 section 5, sampled_header).",
        lambda ours, theirs: (ours, theirs) == (60, 4)),
]

# Of options data; a field is called as in tshark_options.py.
OPTIONS = [
    Difference(
        "netflow9-invalid", "0/interface/0/samplingInterval 0/interface/0/samplingAlgorithm",
        "Behind the two FlowSets after which tshark stops; as its flows."),
]
