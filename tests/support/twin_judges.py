# SPDX-License-Identifier: BSD-3-Clause -- what other collectors find in the exports of watchers.py.
"""
    tap = twin_judges.Tap(folder, port)          records what exporters send to the collector
    twin_judges.check(folder, tap.stop(), expected)

libfixbuf's ipfixDump reads what was recorded; nfcapd and sfcapd get it as datagrams, nfacctd and sfacctd
as a capture. tshark reads the same exporters field by field in programs.py and switch.py.
expected(kind) are the sums by address, port and protocol.
"""
import collections
import ipaddress
import struct

import case
import fixbuf
import golden
import nfdump
import pmacct
import process
import traffic
import watchers
import wire as wires

ICMP = (traffic.ICMP, traffic.ICMP6)
ETHERNET_IP_UDP = 14 + 20 + 8
KINDS = {wires.exporter_address(kind.number): kind for kind in watchers.KINDS}
# Where a judge is wrong; it must still be, so that the list holds nothing that is over.
WRONG = {
    ("nfdump", watchers.OVS_IPFIX):
        "A record has deltas (1, 2) and totals of the observation point (85, 86); nfcapd 1.7.1 takes "
        "the totals, which are no flow's.",
}
READY_S = 20


class Tap(process.Process):
    def __init__(self, folder, port):
        self.file = folder / "exports.pcap"
        super().__init__(
            "tap", ["dumpcap", "-q", "-P", "-i", "lo", "-f", f"udp dst port {port}", "-B", "32",
                    "-w", self.file], folder)
        self.until(lambda: "File: " in self.stderr, READY_S, "does not record")

    def stop(self, seconds=45, status=0):
        """{kind: [payload]}"""
        super().stop(seconds, status)
        content, at = self.file.read_bytes(), 24
        payloads = collections.defaultdict(list)
        while at < len(content):
            size = struct.unpack_from("<I", content, at + 8)[0]
            frame = content[at + 16:at + 16 + size]
            payloads[KINDS[str(ipaddress.ip_address(frame[26:30]))]].append(
                frame[ETHERNET_IP_UDP:])
            at += 16 + size
        return payloads


def sums(kind, flows):
    """{(src, dst, proto, sport, dport): (packets, octets)}, scaled, of the test's own addresses."""
    found = collections.defaultdict(lambda: [0, 0])
    for flow in flows:
        if not is_counted(kind, flow):
            continue
        has_ports = flow.get("Proto") not in ICMP
        ports = [flow.get(name, 0) if has_ports else 0 for name in ("SrcPort", "DstPort")]
        total = found[(*(str(ipaddress.ip_address(flow[name])) for name in ("SrcAddr", "DstAddr")),
                       flow["Proto"], *ports)]
        rate = flow.get("SamplingRate", 1)
        for place, name in enumerate(("Packets", "Bytes")):
            total[place] += flow.get(name, 0) * rate
    return {key: tuple(total) for key, total in found.items()}


def is_counted(kind, flow):
    """The switch exports each packet as IPFIX where it comes in and where it goes out."""
    if not flow.get("SrcAddr", "").startswith(("192.0.2.", "2001:")):
        return False
    return not (kind.number == watchers.OVS_IPFIX and flow.get("FlowDirection") == 1)


def check(folder, payloads, expected):
    case.equal(set(payloads), set(watchers.KINDS), "exporters that were recorded")
    captures = {kind: write(folder, kind, list_) for kind, list_ in payloads.items()}
    collectors = {kind: pmacct.Collector(folder, "sfacctd" if is_sflow(kind) else "nfacctd", capture)
                  for kind, capture in captures.items()}
    for kind, capture in captures.items():
        kept = nfdump.flows(folder, "sfcapd" if is_sflow(kind) else "nfcapd", capture)
        compare("nfdump", kind, kept, without_direction(kind, expected(kind)))
        compare("pmacct", kind, collectors[kind].flows(), without_direction(kind, expected(kind)))
        if kind.type == "IPFIX":
            compare("ipfixDump", kind, fixbuf.flows(folder, capture.stem, payloads[kind]),
                    expected(kind))


def is_sflow(kind):
    return kind.type == "sFlow5"


def write(folder, kind, payloads):
    path = folder / f"{kind.name.replace(' ', '-')}.pcap"
    port = golden.SFLOW_PORT if is_sflow(kind) else golden.NETFLOW_PORT
    exporter = ipaddress.ip_address(wires.exporter_address(kind.number))
    return golden.write_capture(path, payloads, port, [exporter])


def without_direction(kind, totals):
    """Both directions of the switch's IPFIX, from collectors that do not tell them apart here."""
    if kind.number != watchers.OVS_IPFIX:
        return totals
    return {key: tuple(2 * value for value in total) for key, total in totals.items()}


def compare(judge, kind, flows, expected):
    if (judge, kind.number) in WRONG:
        case.true(sums(kind, flows) != expected, f"{judge} reads {kind.name} right: take it off")
        return
    case.equal(sums(kind, flows), expected, f"{kind.name} as {judge} reads it")
