# SPDX-License-Identifier: BSD-3-Clause -- flows as nfcapd receives and nfdump prints them.
import calendar
import json
import time

import goflow
import process

FIELDS = {
    "in_packets": "Packets", "in_bytes": "Bytes", "proto": "Proto", "src_port": "SrcPort",
    "dst_port": "DstPort", "src_tos": "IPTos", "src4_addr": "SrcAddr", "dst4_addr": "DstAddr",
    "src6_addr": "SrcAddr", "dst6_addr": "DstAddr", "input_snmp": "InIf", "output_snmp": "OutIf",
    "src_mask": "SrcNet", "dst_mask": "DstNet", "src_as": "SrcAS", "dst_as": "DstAS",
    "ip4_next_hop": "NextHop", "ip6_next_hop": "NextHop",
}
FLAGS = "CEUAPRSF"  # 0x80 first


def flows(folder, capture):
    """Dicts with the names of our JSON, zeroes left out; times in milliseconds."""
    port = process.free_ports()
    store = folder / "nfcapd"
    store.mkdir()
    collector = process.Process(
        "nfcapd", ["nfcapd", "-p", port, "-b", "127.0.0.1", "-l", store, "-t", "3600"], folder)
    collector.until(lambda: "Startup" in collector.stderr + collector.stdout, 20, "does not start")
    goflow.replay(folder, capture, f"-target=127.0.0.1:{port}", "-pps=1000")
    collector.stop()
    file = next(store.glob("nfcapd.2*"))
    done = process.check("nfdump", ["nfdump", "-r", file, "-o", "json"], folder)
    return [read(record) for record in json.loads(done.stdout)]


def read(record):
    flow = {FIELDS[name]: value for name, value in record.items() if name in FIELDS and value}
    flow["FirstMs"] = milliseconds(record["first"])
    flow["LastMs"] = milliseconds(record["last"])
    flags = sum(0x80 >> place for place, letter in enumerate(FLAGS)
                if record.get("tcp_flags", "." * 8)[place] == letter)
    return {**flow, **({"TCPFlags": flags} if flags else {})}


def milliseconds(text):
    date, part = text.split(".")
    return calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%S")) * 1000 + int(part)
