# SPDX-License-Identifier: BSD-3-Clause -- where nfdump 1.7.1 reads otherwise, and who is right.
"""As differences.py, of what nfcapd, sfcapd and nfdump tell."""
from differences import Difference, so_many

LIST = [
    Difference(
        "ipfix-ixia", "flows",
        "One record counts only in its reverse direction (RFC 5103), so its flow is that direction's; "
        "nfdump shows a forward flow without octets.",
        so_many(3, 3)),
    *(Difference(
        capture, "flows",
        "A record with counters of both directions is two flows (RFC 5103; in NSEL elements 231 "
        "and 232); nfdump keeps one with bytes out.",
        so_many(mine, others))
      for capture, mine, others in (
          ("ipfix-yaf", 4, 2), ("ipfix_biflow", 3, 2),
          ("netflow9_firewall", 2, 1))),
    *(Difference(
        capture, "flows", "Data that comes before its template; as to tshark.",
        so_many(mine, others))
      for capture, mine, others in (
          ("netflow9-data-before-template", 29, 0), ("netflow9_data_before_template", 3, 1))),
    Difference(
        "netflow5-basic", "flows",
        "The header counts two records; nfcapd reads on to the thirtieth.", so_many(2, 30)),
    Difference(
        "sflow-multiple-counter-30-pdus", "flows",
        "NetFlow 5 to sFlow's port: sfcapd reads sFlow alone, we go by the version.",
        so_many(7, 0)),
    Difference(
        "sflow_discarded", "flows", "sfcapd does not know discarded packet samples (format 5).",
        so_many(1, 0)),
    Difference(
        "sflow_expanded_rewritten", "flows",
        "The sample has a second raw header, of two bytes, which is no packet; sfcapd drops the "
        "sample, we the record, which ends where its length says (sFlow version 5 section 5, "
        "data_format).",
        so_many(1, 0)),
    Difference(
        "sflow_routed_with_texts", "SrcAddr DstAddr",
        "Records 3 and 4, the key of a flow without the packet (sFlow version 5 section 5, "
        "sampled_ipv4, sampled_ipv6): sfcapd misses the addresses."),
    Difference(
        "ipfix_times", "flows",
        "nfcapd drops the record whose only field is its octets. RFC 7011 section 3.4.1 knows no "
        "field that a template must have.",
        so_many(4, 3)),
    Difference(
        "netflow9-cisco-asa-nsel", "LastMs",
        "The record tells one moment, which starts and ends its flow; nfcapd has no end."),
    *(Difference(
        captures, "FirstMs LastMs", "nfcapd does not read these elements: seconds in version 9 "
        "(150, 151), and fractions as NTP has them (154 to 157; RFC 7011 sections 6.1.9, 6.1.10).")
      for captures in ("netflow9-ie150-ie151", "ipfix-netscaler-varlen")),
    Difference(
        "ipfix-basic", "FirstMs LastMs",
        "As to tshark: uptimes whose start (160) is in options data. nfcapd has the flow end "
        "before it starts.",
        lambda ours, theirs: None not in (ours, theirs) and abs(theirs - ours) < 60_000),
    Difference(
        "netflow9-cisco-asr9k-260", "NextHop",
        "Without a next hop, BGP's stands in its place, as in the original; nfdump keeps it "
        "apart."),
    Difference(
        "netflow9-zero-length-fields", "Bytes Packets",
        "Elements 23 and 24 count where 1 and 2 are zero; nfdump has them as bytes out."),
    Difference(
        "ipfix_packet_section", "Bytes Packets SrcAddr DstAddr Proto",
        "As to tshark: nfcapd does not look into the packet."),
    Difference("netflow9_odd_fields", "InIf", "nfcapd does not read element 252."),
    Difference(
        "netflow9_two_families", "SrcAddr DstAddr",
        "The template has fields for both families, of which one is zero; nfdump shows IPv6."),
]
