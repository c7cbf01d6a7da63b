# SPDX-License-Identifier: BSD-3-Clause -- the project's own packets, tests/golden, as captures.
"""
A .hex file has the bytes of one or more datagrams in hexadecimal; `#` begins a comment, an empty
line ends a datagram. See tests/support/golden.h, which reads the same files.
"""
import ipaddress
import itertools
import struct

import case
import traffic

FOLDER = case.ROOT / "tests" / "golden"
SFLOW_SEEDS = case.ROOT / "tests" / "fuzz" / "corpus" / "sflow"
EXPORTER = ipaddress.ip_address("203.0.113.9")
COLLECTOR = ipaddress.ip_address("192.0.2.2")
NETFLOW_PORT = 2055
SFLOW_PORT = 6343


def names():
    return sorted(path.stem for path in FOLDER.glob("*.hex"))


def datagrams(name):
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    for has_bytes, part in itertools.groupby(lines, key=bool):
        data = bytes.fromhex("".join(line.split("#")[0] for line in part))
        if has_bytes and data:
            yield data


def write_capture(path, payloads, port=NETFLOW_PORT, exporters=(EXPORTER,)):
    """A pcap of the datagrams, sent by these exporters in turns."""
    frames = [
        udp_frame(data, port, exporter)
        for data, exporter in zip(payloads, itertools.cycle(exporters))]
    traffic.write_pcap(path, frames, 1_700_000_000, 0)
    return path


def write_sflow_seed(folder, name):
    """A pcap of one datagram of the fuzzer's corpus."""
    datagram = (SFLOW_SEEDS / name).read_bytes()
    return write_capture(folder / f"sflow_{name}.pcap", [datagram], SFLOW_PORT)


def udp_frame(payload, port, exporter=EXPORTER):
    session = traffic.Session(exporter, COLLECTOR, traffic.UDP, port, port, [])
    body = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
    return bytes(12) + b"\x08\x00" + traffic.ipv4(session, body, 0) + body
