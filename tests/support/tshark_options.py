# SPDX-License-Identifier: BSD-3-Clause -- what exporters tell of themselves, as tshark reads it.
"""
    tshark_options.told(packets)    {"77/interface/3/interfaceName": "eth0"}, the last one of each

A key is domain, scope, the scope's id and name. Names are IANA's, values are text, as /exporters
has them: without the zeroes or blanks that fill up a field of one size. What a record is about is
the first field in it that says so, something in a process before the process; else the system.
"""
import tshark
import tshark_netflow

SCOPES = {
    "scope_interface": "interface", "inputint": "interface", "outputint": "interface",
    "ingress_physical_interface": "interface", "egress_physical_interface": "interface",
    "scope_cache": "cache", "scope_template": "template", "template_id": "template",
    "ingress_vrfid": "vrf", "egress_vrfid": "vrf",
    "sampler_id": "sampler", "selector_id": "sampler", "nat_pool_id": "natPool",
}
# Of these a record is only where it is about nothing in them.
WIDE = {
    "scope_linecard": "lineCard", "od_id": "observationDomain",
    "mp_id": "meteringProcess", "flow_exporter": "exportingProcess",
}
NUMBERS = {
    "sampling_interval": "samplingInterval", "sampling_algorithm": "samplingAlgorithm",
    "flow_active_timeout": "flowActiveTimeout", "flow_inactive_timeout": "flowIdleTimeout",
    "octetsexp": "exportedOctetTotalCount", "packetsexp": "exportedMessageTotalCount",
    "flowsexp": "exportedFlowRecordTotalCount", "flows": "observedFlowTotalCount",
    "sampler_mode": "samplerMode", "sampler_random_interval": "samplerRandomInterval",
    "ignore_packets": "ignoredPacketTotalCount", "ignore_octets": "ignoredOctetTotalCount",
    "notsent_flows": "notSentFlowTotalCount", "notsent_packets": "notSentPacketTotalCount",
    "notsent_octets": "notSentOctetTotalCount",
    "drop_total_packets": "droppedPacketTotalCount",
    "selector_algorithm": "selectorAlgorithm", "sampling_size": "samplingSize",
    "sampling_population": "samplingPopulation",
    "sampling_packet_interval": "samplingPacketInterval",
    "sampling_packet_space": "samplingPacketSpace",
}
TEXTS = {
    "if_name": "interfaceName", "if_descr": "interfaceDescription", "sampler_name": "samplerName",
    "appl_name": "applicationName", "appl_desc": "applicationDescription", "vrfname": "VRFname",
    "selector_name": "selectorName", "nat_pool_name": "natPoolName",
    "observation_domain_name": "observationDomainName",
}
BOOT = "sys_init_time"


def told(packets):
    """Of tshark.packets()."""
    templates, found = set(), {}
    for packet in packets:
        domain = tshark_netflow.packet_facts(packet)["ObservationDomainID"]
        templates |= tshark_netflow.option_templates(packet.export)
        for fields in records(packet.export, templates):
            scope = subject(fields)
            found |= {f"{domain}/{scope}/{name}": value for name, value in values(fields)}
    return found


def records(export, templates):
    """Each options record: (name, its field)."""
    for group in export.iter("field"):
        if tshark.own(group, "cflow.flowset_id") in templates:
            for record in group.findall("field"):
                if tshark_netflow.FLOW.match(record.get("show") or ""):
                    yield [(field.get("name").removeprefix("cflow."), field)
                           for field in record.iter("field") if field.get("name")]


def subject(fields):
    for name, field in fields:
        if name in SCOPES:
            return f"{SCOPES[name]}/{tshark.number(field.get('show'))}"
        if name == "appl_id.classification_engine_id":
            selector = dict(fields)["appl_id.selector_id"]
            return f"application/{int(field.get('value') + selector.get('value'), 16)}"
    wide = (f"{WIDE[name]}/{tshark.number(field.get('show'))}"
            for name, field in fields if name in WIDE)
    return next(wide, "system/")


def values(fields):
    for name, field in fields:
        if name in NUMBERS:
            yield NUMBERS[name], field.get("show")
        elif name in TEXTS:
            yield TEXTS[name], field.get("show").rstrip(" ")
        elif name == BOOT:
            yield "systemInitTimeMilliseconds", str(
                tshark_netflow.date_ns(field.get("show")) // 10**6)
