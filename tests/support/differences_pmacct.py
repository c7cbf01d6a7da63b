# SPDX-License-Identifier: BSD-3-Clause -- where pmacct 1.7.7 reads otherwise, and who is right.
"""As differences.py, of what nfacctd and sfacctd tell; `flows` are what is left when equal ones
are added up."""
from differences import Difference, so_many

WRAP_MS = 2**32


def is_rounded(ours, theirs):
    return None not in (ours, theirs) and abs(ours - theirs) <= 1000


def is_one_wrap(ours, theirs):
    return None not in (ours, theirs) and abs(ours - theirs - WRAP_MS) <= 1000


LIST = [
    Difference(
        "ipfix-ixia", "flows",
        "One record counts only in its reverse direction (RFC 5103), so its flow is that direction's; "
        "nfacctd shows a forward flow without octets.",
        so_many(3, 3)),
    *(Difference(
        capture, fields,
        "nfacctd reckons uptimes in whole seconds; sysUpTime, FIRST_SWITCHED and LAST_SWITCHED are "
        "milliseconds (RFC 3954 sections 5.1 and 8).",
        is_rounded)
      for fields, captures in (
          ("FirstMs LastMs", (
              "netflow5", "netflow5-juniper-mx80", "netflow5-mikrotik", "netflow9-basic",
              "netflow9-cisco-asr9k-260", "netflow9-cisco-nbar", "netflow9-h3c-varstring",
              "netflow9-ipt-netflow-reduced-size", "netflow9-nprobe", "netflow9-softflowd",
              "netflow9-streamcore", "netflow9-ubnt-edgerouter-mpls",
              "netflow9-zero-length-fields", "synthetic-netflow?")),
          ("FirstMs", ("netflow9-huawei-netstream",)))
      for capture in captures),
    *(Difference(
        capture, fields,
        "The record's uptime is above the header's: 32 bits of milliseconds have wrapped, or were "
        "read at another moment (RFC 3954 section 5.1). The flow is near its export, not 49 days "
        "before.",
        is_one_wrap)
      for capture, fields in (
          ("netflow9", "LastMs"), ("netflow9-fortigate-521", "FirstMs LastMs"))),
    Difference(
        "netflow9-cisco-asa-nsel", "LastMs",
        "The record tells one moment, which starts and ends its flow; nfacctd has no end."),
    Difference(
        "ipfix-basic", "FirstMs LastMs",
        "As to tshark: uptimes whose start (160) is in options data. nfacctd shows the export "
        "time.",
        lambda ours, theirs: theirs is None or 0 <= theirs - ours < 60_000),
    Difference(
        "ipfix-netscaler-varlen", "flows",
        "Two flows differ in microseconds alone (elements 154, 155, RFC 7011 section 6.1.9), which "
        "nfacctd cuts to seconds; then it adds them up.",
        so_many(3, 2)),
    *(Difference(
        capture, "flows",
        "A record with counters of both directions is two flows (RFC 5103; in NSEL elements 231 "
        "and 232); nfacctd keeps the first.",
        so_many(mine, others))
      for capture, mine, others in (
          ("ipfix-yaf", 4, 2), ("ipfix_biflow", 2, 1),
          ("netflow9_firewall", 2, 1))),
    *(Difference(
        capture, "flows",
        "nfacctd drops records that have neither addresses nor a MAC. RFC 7011 section 3.4.1 "
        "knows no field that a template must have.",
        so_many(mine, 0))
      for capture, mine in (
          ("netflow9-cisco-wlc", 1), ("ipfix_mpls", 1), ("ipfix_times", 4))),
    *(Difference(
        capture, "flows",
        "Data that comes before its template, or behind as many records as the header counts; "
        "as to tshark.",
        so_many(mine, 0))
      for capture, mine in (
          ("netflow9-data-before-template", 29), ("netflow9_data_before_template", 3),
          ("netflow9-invalid", 2))),
    Difference(
        "netflow5-basic", "flows",
        "The datagram goes on behind the two records that its header counts; nfacctd refuses it, "
        "we and tshark read the two.",
        so_many(2, 0)),
    Difference(
        "netflow9-zero-length-fields", "Bytes Packets",
        "Elements 23 and 24 count where 1 and 2 are zero; nfacctd reads 1 and 2 alone.",
        lambda ours, theirs: (ours, theirs) in ((64, 32), (32, 0), (2, 1), (1, 0))),
    Difference(
        "ipfix_packet_section", "Bytes",
        "The length of the packet that the element holds a part of; nfacctd takes the part's.",
        lambda ours, theirs: (ours, theirs) == (1514, 60)),
    Difference("netflow9_odd_fields", "InIf", "nfacctd does not read element 252."),
    Difference(
        "netflow9_odd_fields", "TCPFlags",
        "nfacctd drops flags of two bytes, as RFC 9565 (before it RFC 7125) has them."),
    Difference(
        "netflow9_odd_fields", "VlanId", "nfacctd takes element 59, postVlanId.",
        lambda ours, theirs: (ours, theirs) == (101, 102)),
    Difference(
        "netflow9_two_families", "SrcAddr DstAddr Etype",
        "The template has fields for both families, of which one is zero; nfacctd takes IPv6 "
        "whichever it is, and its own word for the type.",
        lambda ours, theirs: theirs in (None, 0x0800)),
    Difference(
        "netflow9_two_families", "Packets",
        "nfacctd leaves out the packets of a template without octets.",
        lambda ours, theirs: (ours, theirs) == (7, 0)),
    Difference(
        "sflow-multiple-counter-30-pdus", "flows",
        "NetFlow 5 to sFlow's port: sfacctd goes by the port, we by the version.",
        so_many(7, 0)),
    Difference(
        "sflow-print-v6", "OutIf",
        "sFlow version 5 section 5, interface: its two highest bits are the format, here 2, "
        "several interfaces, whose number is unknown; sfacctd takes all 32 bits as an index.",
        lambda ours, theirs: (ours, theirs) == (None, 2 << 30)),
    Difference(
        "sflow_discarded", "flows", "sfacctd does not know discarded packet samples (format 5).",
        so_many(1, 0)),
    Difference(
        "sflow_routed_with_texts", "Etype TCPFlags",
        "Records 3 and 4 tell the family and have the flags in a word (sFlow version 5 section 5, "
        "sampled_ipv4, sampled_ipv6); sfacctd misses both."),
    Difference(
        "sflow_expanded_rewritten", "VlanId",
        "sfacctd does not read record 1012 (sFlow version 5 section 5, extended_vlantunnel)."),
    *(Difference(
        capture, "DstPort",
        "ICMP has no ports: what stands there is type and code (Cisco's NetFlow 9 exporters write "
        "them so), which are IcmpType and IcmpCode.",
        lambda ours, theirs: (ours, theirs) in ((None, 8 << 8), (None, 128 << 8), (None, 134 << 8)))
      for capture in ("synthetic-netflow9", "synthetic-ipfix", "netflow9-basic", "netflow9-cisco-nbar",
                      "netflow9-softflowd")),
    Difference(
        "synthetic-sflow", "IPTos",
        "RFC 8200 section 3: the traffic class is the eight bits behind the version; sfacctd "
        "shifts out the lower four.",
        lambda ours, theirs: theirs == ours >> 4),
]
