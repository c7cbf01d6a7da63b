# SPDX-License-Identifier: BSD-3-Clause -- flows of NetFlow and IPFIX as tshark reads them.
"""
tshark tells which elements a record has; what our record makes of them is told here once more, in
the words of docs/fields.md, without a look at elements.def. Options data is left out.
"""
import calendar
import re
import time

import tshark

FLOW = re.compile(r"(pdu \d+/\d+|Flow \d+)( \(.*\))?$")
TYPES = {1: 5, 5: 2, 7: 6, 9: 3, 10: 4}  # version: FlowMessage.Type
ETYPES = {4: 0x0800, 6: 0x86DD}

# Of several elements for one field the first that is not 0 counts.
FIELDS = {
    "SrcAddr": ["srcaddr", "srcaddrv6"],
    "DstAddr": ["dstaddr", "dstaddrv6"],
    "NextHop": ["nexthop", "nexthopv6"],
    "BgpNextHop": ["bgpnexthop", "bgpnexthopv6"],
    "Bytes": ["octets", "post_octets", "initiator_octets", "layer2_octet_delta_count"],
    "Packets": ["packets", "post_packets", "initiator_packets"],
    "Layer2Bytes": ["layer2_octet_delta_count", "layer2_octet_total_count"],
    "Proto": ["protocol", "ipv6_next_hdr"],
    "SrcPort": ["srcport"], "DstPort": ["dstport"],
    "InIf": ["inputint", "ingress_physical_interface"],
    "OutIf": ["outputint", "egress_physical_interface"],
    "SrcAS": ["srcas"], "DstAS": ["dstas"], "NextHopAS": ["peer_dstas", "peer_srcas"],
    "SrcNet": ["srcmask", "srcmaskv6"], "DstNet": ["dstmask", "dstmaskv6"],
    "IPTos": ["tos", "post_tos"], "TCPFlags": ["tcpflags"],
    "IPTTL": ["ip_ttl", "ttl_min", "ttl_max"],
    "IcmpType": ["icmp_ipv4_type", "icmp_ipv6_type"],
    "IcmpCode": ["icmp_ipv4_code", "icmp_ipv6_code"],
    "SrcMac": ["srcmac", "post_srcmac"], "DstMac": ["dstmac", "post_dstmac"],
    "VlanId": ["vlanid", "dot1q_vlan_id"], "SrcVlan": ["vlanid", "dot1q_vlan_id"],
    "DstVlan": ["post_vlanid", "post_dot1q_vlan_id"],
    "CustomerVlanId": ["dot1q_customer_vlan_id"],
    "IPv6FlowLabel": ["ipv6flowlabel"], "FragmentId": ["frag_ident"],
    "FragmentOffset": ["fragment_offset"], "FragmentFlags": ["ip_fragment_flags"],
    "IPSecSPI": ["ipsec_spi"],
    "FlowDirection": ["direction"], "BiFlowDirection": ["biflow_direction"],
    "FlowEndReason": ["flow_end_reason"],
    "IngressVrfID": ["ingress_vrfid"], "EgressVrfID": ["egress_vrfid"],
    "ObservationPointID": ["observation_point_id"],
    "SamplerID": ["sampler_id", "selector_id"], "TunnelID": ["layer2_segment_id"],
    "MplsVpnRD": ["mpls_vpn_rd"],
    "PostNatSrcAddr": ["post_natsource_ipv4_address", "post_nat_source_ipv6_address"],
    "PostNatDstAddr": ["post_natdestination_ipv4_address", "post_nat_destination_ipv6_address"],
    "PostNatSrcPort": ["post_naptsource_transport_port"],
    "PostNatDstPort": ["post_naptdestination_transport_port"],
    "PortRangeStart": ["port_range_start"], "PortRangeEnd": ["port_range_end"],
    "PortRangeStep": ["port_range_step_size"], "PortRangePorts": ["port_range_num_ports"],
    "NatPoolID": ["nat_pool_id"],
    "NatEvent": ["nat_event"], "FirewallEvent": ["firewall_event"],
    "FirewallExtendedEvent": ["fw_ext_event"],
    "ApplicationID": ["pie.netscaler.appname-app-id"],
    "TransactionID": ["pie.netscaler.transaction-id"],
    "HttpStatus": ["http_statuscode", "pie.netscaler.http-rsp-status"],
    "RoundTripTimeMs": ["pie.netscaler.round-trip-time"],
}
# Texts are cut at their first zero byte; blanks behind them are padding.
TEXTS = {
    "ApplicationName": ["appl_name"], "InterfaceName": ["if_name"], "WlanSSID": ["wlan_ssid"],
    "VrfName": ["vrfname"], "UserName": ["user_name"],
    "ApplicationCategoryName": ["application_category_name"],
    "ApplicationGroupName": ["application_group_name"],
    "HttpMethod": ["http_request_method"], "HttpHost": ["http_request_host"],
    "HttpTarget": ["http_request_target"],
}
# Elements that come twice are of the outer header, then of the inner one (RFC 7011 section 8).
HEADER = {"protocol": "Proto", "tos": "IPTos", "tcpflags": "TCPFlags", "srcport": "SrcPort",
          "dstport": "DstPort", "ip_ttl": "IPTTL", "ip_version": None}
IN_IP = 2  # TunnelType
ICMP, ICMPV6 = 1, 58
ICMP_ELEMENTS = ("icmp_type_code_ipv4", "icmp_type_code_ipv6", "icmp_ipv4_type", "icmp_ipv6_type",
                 "icmp_ipv4_code", "icmp_ipv6_code")
FIREWALL_UPDATE = 5
# What was counted since the flow began says nothing beside what was counted since the last record.
TOTALS = {"Bytes": ["permanent_octets", "layer2_octet_total_count", "octetsexp"],
          "Packets": ["permanent_packets", "packetsexp"]}
KEYS = ["SrcAddr", "DstAddr", "SrcPort", "DstPort", "SrcNet", "DstNet", "SrcAS", "DstAS",
        "InIf", "OutIf", "SrcMac", "DstMac", "SrcVlan", "DstVlan",
        "PostNatSrcAddr", "PostNatDstAddr", "PostNatSrcPort", "PostNatDstPort"]
ONE_WAY = ["Bytes", "Packets", "Layer2Bytes", "TCPFlags", "IPTTL", "IPTos", "NextHop",
           "BgpNextHop", "NextHopAS", "FragmentFlags", "IPSecSPI"]
NONE = ("0.0.0.0", "::", "00:00:00:00:00:00")
MAY_BE_NONE = ("SrcAddr", "DstAddr")  # 0.0.0.0 is the address of who has none yet
EXCEPTION = 2
ANSWER_BYTES = ["responder_octets", "pie.ixia.reverse-octet-delta-count"]
ANSWER_PACKETS = ["responder_packets", "pie.ixia.reverse-packet-delta-count"]


class Fields:
    """The elements of one record: forward ones, and RFC 5103's reverse ones."""

    def __init__(self, record):
        self.forward, self.reverse, self.in_order = {}, {}, []
        for field in record.iter("field"):
            name = (field.get("name") or "").removeprefix("cflow.")
            side = self.reverse if "(Reverse" in (field.get("showname") or "") else self.forward
            side.setdefault(name, []).append(field)
            self.in_order.append((name, field.get("show")))

    def show(self, name, place=0):
        found = self.forward.get(name, [])
        return found[place].get("show") if len(found) > place else None

    def choose(self, names, side=None):
        """The first that is not zero; 0 or "0.0.0.0" if one is there at all; else None."""
        side = self.forward if side is None else side
        shown = [tshark.number(field.get("show")) if not is_mac(field) else field.get("show")
                 for name in names for field in side.get(name, [])[:1]]
        there = [value for value in shown if value not in (0, *NONE)]
        return (there or shown or [None])[0]


def is_mac(field):
    return (field.get("name") or "").endswith("mac")


def flows(packets):
    """Of tshark.packets(): dicts as our JSON has them, zero fields left out."""
    options = set()
    found = []
    for packet in packets:
        header = packet_facts(packet)
        clock = Clock(packet.export)
        options |= option_templates(packet.export)
        for record in records(packet.export, options):
            found += record_flows(Fields(record), header, clock)
    return found


def packet_facts(packet):
    """What all flows of a packet share."""
    export = packet.export
    version = int(tshark.text(export, "cflow.version"))
    facts = {
        "Type": TYPES[version],
        "TimeReceived": packet.time_s, "SamplerAddress": packet.source,
        "SequenceNum": int(tshark.text(export, "cflow.sequence") or 0),
    }
    if version == 5:
        engine = int(tshark.text(export, "cflow.engine_type")) << 8
        facts["ObservationDomainID"] = engine | int(tshark.text(export, "cflow.engine_id"))
        facts["SamplingRate"] = int(tshark.text(export, "cflow.samplerate"))
        facts["Etype"] = ETYPES[4]
    else:
        domain = tshark.text(export, "cflow.source_id") or tshark.text(export, "cflow.od_id")
        facts["ObservationDomainID"] = int(domain or 0)
    return facts


def option_templates(export):
    """(domain, id) of the options templates in a packet."""
    return {
        field.get("show")
        for group in export.iter("field") if "(Options Template" in (group.get("show") or "")
        for field in group.iter("field") if field.get("name") == "cflow.template_id"
    }


def records(export, options):
    for group in export.iter("field"):
        if tshark.own(group, "cflow.flowset_id") in options:
            continue
        yield from (field for field in group.findall("field") if FLOW.match(field.get("show", "")))
    yield from (field for field in export.findall("field") if FLOW.match(field.get("show", "")))


def record_flows(fields, header, clock):
    """The flow, and that of the answer where the record has counters of it."""
    flow = {**header, **told(fields, header["Type"]), **clock.times(fields)}
    answer = answer_of(fields, flow, clock)
    was_sent = flow.get("Bytes") or flow.get("Packets") or not answer
    return [without_zeroes(found) for found in (flow if was_sent else None, answer) if found]


def counter(fields, name, side=None):
    since_last = fields.choose(FIELDS[name], side)
    return fields.choose(TOTALS[name], side) if since_last is None else since_last


def told(fields, version):
    flow = {name: fields.choose(names) for name, names in FIELDS.items()}
    flow |= {name: counter(fields, name) for name in TOTALS}
    flow["NextHop"] = flow["NextHop"] or flow["BgpNextHop"]  # as the original fills it
    icmp = fields.choose(["icmp_type_code_ipv4", "icmp_type_code_ipv6"])
    if icmp:
        flow["IcmpType"], flow["IcmpCode"] = icmp >> 8, icmp & 0xFF
    elif version in (TYPES[9], TYPES[10]):
        flow |= icmp_in_port(fields, flow)
    flow |= {name: text(fields, names) for name, names in TEXTS.items()}
    flow["IsDelta"] = int("initiator_octets" in fields.forward
                          and flow["FirewallEvent"] == FIREWALL_UPDATE)
    if version == TYPES[5] and flow["Proto"] == 1:
        flow["IcmpType"], flow["IcmpCode"] = flow["DstPort"] >> 8, flow["DstPort"] & 0xFF
    status = fields.forward.get("forwarding_status")
    if status:
        flow["ForwardingStatus"] = int(status[0].get("unmaskedvalue") or status[0].get("value"), 16)
    flow["DropReason"] = exception(fields)
    engine = fields.choose(["appl_id.classification_engine_id"])
    if engine is not None:
        selector = fields.forward["appl_id.selector_id"][0].get("value")
        flow["ApplicationID"] = int(f"{engine:02x}{selector}", 16)
        flow["ApplicationEngine"], flow["ApplicationSelector"] = engine, int(selector, 16)
    flow = {k: v for k, v in flow.items() if v is not None}
    return {**etype(fields, flow), **labels(fields), **flow, **two_headers(fields)}


def text(fields, names):
    shown = [field.get("show") for name in names for field in fields.forward.get(name, [])[:1]]
    found = shown[0].split("\0")[0].split("\\000")[0].rstrip(" ") if shown else None
    return found or None


def icmp_in_port(fields, flow):
    port = flow.get("DstPort") or 0
    if any(name in fields.forward for name in ICMP_ELEMENTS) or not port:
        return {}
    if flow["Proto"] == ICMP or (flow["Proto"] == ICMPV6 and port > 0xFF):
        return {"IcmpType": port >> 8, "IcmpCode": port & 0xFF, "DstPort": None}
    return {}


def two_headers(fields):
    """Of both headers, where elements come twice: the inner one ends in Encap."""
    if not any(len(fields.forward.get(name, [])) > 1 for name in HEADER):
        return {}
    both = [{}, {}]
    for place, header in enumerate(both):
        for name, ours in HEADER.items():
            shown = fields.show(name, place)
            if ours and shown:
                header[ours] = tshark.number(shown)
        for side in ("src", "dst"):
            found = [show for name, show in fields.in_order if name in (f"{side}addr", f"{side}addrv6")]
            header[f"{side.capitalize()}Addr"] = found[place] if len(found) > place else None
        header["Etype"] = ETYPES[6 if ":" in (header["SrcAddr"] or "") else 4]
    flow_labels = [tshark.number(show) for name, show in fields.in_order if name == "ipv6flowlabel"]
    for header in both:
        is_ipv6 = header["Etype"] == ETYPES[6]
        header["IPv6FlowLabel"] = flow_labels.pop(0) if is_ipv6 and flow_labels else None
    outer, inner = both
    if inner["SrcAddr"] in (None, *NONE):
        return outer
    return {**outer, "HasEncap": 1, "TunnelType": IN_IP,
            **{f"{name}Encap": value for name, value in inner.items()}}


def exception(fields):
    """Of Juniper's common properties the one that is an exception's code."""
    kinds, values = (fields.forward.get(f"pie.juniper.resiliency.{part}", [])
                     for part in ("cpid", "cpdesc"))
    codes = [tshark.number(value.get("show")) for kind, value in zip(kinds, values)
             if tshark.number(kind.get("show")) == EXCEPTION]
    return codes[0] if codes else None


def labels(fields):
    """The MPLS stack, top first."""
    stack = [int(field.get("show")) for field in fields.forward.get("mpls_label", [])]
    stack = [label for label in stack if label]
    if not stack:
        return {}
    places = {f"MPLS{place}Label": label for place, label in enumerate(stack[:3], 1)}
    tops = [fields.show(name) for name in ("toplabeladdr", "toplabeladdr_v6")]
    return {"HasMPLS": 1, "MPLSCount": len(stack), "MplsLabel": stack, **places,
            "MPLSLastLabel": stack[-1], "MplsIP": [top for top in tops if top]}


def etype(fields, flow):
    """Told by element 256 or 60, else by the family of the addresses."""
    told_type = fields.choose(["ethernet_type"])
    version = fields.choose(["ip_version"])
    addresses = [flow[name] for name in ("SrcAddr", "DstAddr") if flow.get(name)]
    if told_type:
        return {"Etype": told_type}
    if version in ETYPES and addresses:
        return {"Etype": ETYPES[version]}
    return {"Etype": ETYPES[6 if ":" in addresses[0] else 4]} if addresses else {}


def answer_of(fields, flow, clock):
    """RFC 5103: addresses and all that has a side turned round, counters of its own."""
    side = fields.reverse
    counts = {
        "Bytes": counter(fields, "Bytes", side) or fields.choose(ANSWER_BYTES),
        "Packets": counter(fields, "Packets", side) or fields.choose(ANSWER_PACKETS),
    }
    if not counts["Bytes"] and not counts["Packets"]:
        return None
    turned = {turn(name): value for name, value in flow.items() if name not in ONE_WAY}
    own = {name: fields.choose(names, side) for name, names in FIELDS.items()}
    return {**turned, **{k: v for k, v in own.items() if v is not None}, **counts,
            **clock.answer_times(fields, flow)}


def turn(name):
    if name in KEYS:
        for one, other in (("Src", "Dst"), ("In", "Out")):
            if one in name:
                return name.replace(one, other)
            if other in name:
                return name.replace(other, one)
    return name


def without_zeroes(flow):
    return {
        name: value for name, value in flow.items()
        if value and (value not in NONE or (name in MAY_BE_NONE and ":" not in value[2:]))
    }


class Clock:
    """Times of flows in nanoseconds since 1970."""

    def __init__(self, export):
        seconds = tshark.text(export, "cflow.unix_secs") or tshark.text(export, "cflow.exporttime")
        nanos = tshark.text(export, "cflow.unix_nsecs") or 0
        self.export_ns = int(seconds or 0) * 10**9 + int(nanos)
        uptime = tshark.text(export, "cflow.sysuptime")
        self.boot_ns = self.export_ns - nanoseconds(uptime) if uptime else None

    def times(self, fields):
        start, end = self.moment(fields, "start"), self.moment(fields, "end")
        observed = self.observed(fields)
        start, end = start or end or observed, end or observed or start
        if start is None:
            export_s = self.export_ns // 10**9
            return {"TimeFlowStart": export_s, "TimeFlowEnd": export_s}
        return flow_times(start, end)

    def answer_times(self, fields, flow):
        """tshark does not mark reverse times, but they follow the forward ones."""
        start, end = (self.moment(fields, which, 1) for which in ("start", "end"))
        if start is None and end is None:
            return {}
        return flow_times(start or flow["TimeFlowStartNs"], end or flow["TimeFlowEndNs"])

    def moment(self, fields, which, place=0):
        absolute = fields.show(f"abstime{which}", place)
        uptime = fields.show(f"time{which}", place)
        if absolute:
            return date_ns(absolute)
        if uptime and self.boot_ns is not None:
            return self.boot_ns + nanoseconds(uptime)
        if uptime and fields.show("sys_init_time"):
            return date_ns(fields.show("sys_init_time")) + nanoseconds(uptime)
        return None

    def observed(self, fields):
        for unit in ("nanoseconds", "microseconds", "milliseconds", "seconds"):
            shown = fields.show(f"observation_time_{unit}")
            if shown:
                return date_ns(shown)
        return None


def flow_times(start_ns, end_ns):
    return {"TimeFlowStart": start_ns // 10**9, "TimeFlowEnd": end_ns // 10**9,
            "TimeFlowStartNs": start_ns, "TimeFlowEndNs": end_ns}


def nanoseconds(seconds):
    """1809.518000000 exactly."""
    whole, _, part = seconds.partition(".")
    return int(whole) * 10**9 + int(part.ljust(9, "0") or 0)


def date_ns(show):
    """Oct  9, 2015 09:47:47.569000000 UTC"""
    date, part = re.fullmatch(r"(.*)\.(\d{9}) UTC", show).groups()
    return calendar.timegm(time.strptime(date, "%b %d, %Y %H:%M:%S")) * 10**9 + int(part)
