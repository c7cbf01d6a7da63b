# SPDX-License-Identifier: BSD-3-Clause -- flows as pmacct's collectors read them from a capture.
"""
    collector = pmacct.Collector(folder, "nfacctd", capture)    or sfacctd
    flows = collector.flows()

A collector sleeps for seconds at its start, so start them all before asking the first for its flows.
"""
import json

import process

FIELDS = {
    "peer_ip_src": "SamplerAddress", "ip_src": "SrcAddr", "ip_dst": "DstAddr",
    "port_src": "SrcPort", "port_dst": "DstPort", "ip_proto": "Proto", "tos": "IPTos",
    "tcp_flags": "TCPFlags", "iface_in": "InIf", "iface_out": "OutIf", "as_src": "SrcAS",
    "as_dst": "DstAS", "mask_src": "SrcNet", "mask_dst": "DstNet", "mac_src": "SrcMac",
    "mac_dst": "DstMac", "vlan": "VlanId", "etype": "Etype", "peer_ip_dst": "BgpNextHop",
    "bytes": "Bytes", "packets": "Packets",
    "timestamp_start": "FirstMs", "timestamp_end": "LastMs",
}
AGGREGATE = (
    "peer_src_ip, src_host, dst_host, src_port, dst_port, proto, tos, tcpflags, in_iface, "
    "out_iface, src_as, dst_as, src_mask, dst_mask, src_mac, dst_mac, vlan, etype, peer_dst_ip, "
    "timestamp_start, timestamp_end")
NONE = (0, "", "0.0.0.0", "::", "00:00:00:00:00:00")


class Collector(process.Process):
    """Reads a capture, adds up flows that are equal in all of AGGREGATE, and ends."""

    def __init__(self, folder, program, capture):
        self.out = folder / f"{program}-{capture.stem}.json"
        config = folder / f"{program}-{capture.stem}.conf"
        config.write_text("\n".join([
            "daemonize: false", "plugins: print", "print_output: json",
            f"print_output_file: {self.out}", "print_refresh_time: 3600", "print_num_protos: true",
            "timestamps_since_epoch: true", f"aggregate: {AGGREGATE}", f"pcap_savefile: {capture}",
            f"{program}_as: netflow", f"{program}_net: netflow", "print_cache_entries: 1009", ""]))
        super().__init__(f"{program}-{capture.stem}", [program, "-f", config], folder)

    def flows(self):
        """Dicts with the names of our JSON, zeroes left out; times in milliseconds."""
        self.wait(120)
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return [read(json.loads(line)) for line in lines]


def milliseconds(seconds):
    whole, part = seconds.split(".")
    return int(whole) * 1000 + int(part[:3])


def hexadecimal(text):
    return int(text, 16)


TEXTS = {"ip_proto": int, "tcp_flags": int, "etype": hexadecimal,
         "timestamp_start": milliseconds, "timestamp_end": milliseconds}


def read(record):
    """Without bytes and packets where the template has none of them."""
    flow = {ours: TEXTS.get(name, lambda value: value)(record[name])
            for name, ours in FIELDS.items() if name in record}
    return {name: value for name, value in flow.items() if value not in NONE}
