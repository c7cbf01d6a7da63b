# SPDX-License-Identifier: BSD-3-Clause -- flows as nfcapd and sfcapd receive and nfdump prints them.
import calendar
import json
import pathlib
import signal
import time

import case
import goflow
import process

FIELDS = {
    "in_packets": "Packets", "in_bytes": "Bytes", "proto": "Proto", "src_port": "SrcPort",
    "dst_port": "DstPort", "src_tos": "IPTos", "src4_addr": "SrcAddr", "dst4_addr": "DstAddr",
    "src6_addr": "SrcAddr", "dst6_addr": "DstAddr", "input_snmp": "InIf", "output_snmp": "OutIf",
    "src_mask": "SrcNet", "dst_mask": "DstNet", "src_as": "SrcAS", "dst_as": "DstAS",
    "ip4_next_hop": "NextHop", "ip6_next_hop": "NextHop",
}
TIMES = {"FirstMs": "first", "LastMs": "last"}
NONE = (0, "0.0.0.0", "::")
FLAGS = "CEUAPRSF"  # 0x80 first


def flows(folder, program, capture):
    """Dicts with the names of our JSON, zeroes left out; times in milliseconds, none from sfcapd."""
    port = process.free_ports()
    store = folder / f"{program}-{capture.stem}"
    store.mkdir()
    collector = process.Process(
        store.name, [program, "-p", port, "-b", "127.0.0.1", "-l", store, "-t", "3600"], folder)
    collector.until(lambda: "Startup" in collector.stderr + collector.stdout, 20, "does not start")
    goflow.replay(folder, capture, f"-target=127.0.0.1:{port}", "-pps=1000")
    collector.until(lambda: waiting_bytes(port) == 0 and is_asleep(collector), 20,
                    "does not read what came")
    case.wait_for(lambda: is_over(collector), 30, f"{store.name} does not end")
    file = next(store.glob("nfcapd.2*"))
    done = process.check(f"nfdump-{capture.stem}", ["nfdump", "-r", file, "-o", "json"], folder)
    if "No matching flows" in done.stdout:
        return []
    return [read(record, program) for record in json.loads(done.stdout)]


def is_over(collector):
    """A signal just before nfcapd waits for a datagram is forgotten: so it is told again."""
    if collector.is_running:
        collector.send(signal.SIGTERM)
    return not collector.is_running


def is_asleep(collector):
    """nfcapd does not look into a datagram that it has just received when the signal comes."""
    stat = pathlib.Path(f"/proc/{collector.child.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "S"


def waiting_bytes(port):
    """What a UDP socket has received and nobody has taken yet; by the kernel's table of sockets."""
    for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].partition(":")[2], 16) == port:
            return int(words[4].partition(":")[2], 16)
    return 0


def read(record, program):
    flow = {FIELDS[name]: value for name, value in record.items()
            if name in FIELDS and value not in NONE}
    if program == "nfcapd":  # sfcapd tells its own clock
        times = {name: milliseconds(record[told]) for name, told in TIMES.items() if told in record}
        flow |= {name: time_ms for name, time_ms in times.items() if time_ms}
    flags = sum(0x80 >> place for place, letter in enumerate(FLAGS)
                if record.get("tcp_flags", "." * 8)[place] == letter)
    return {**flow, **({"TCPFlags": flags} if flags else {})}


def milliseconds(text):
    date, part = text.split(".")
    return calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%S")) * 1000 + int(part)
