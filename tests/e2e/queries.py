#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- every query of docs/queries.md answers with rows.
import pathlib
import re
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402

PROTOCOLS = ("netflow5", "netflow9", "ipfix", "sflow")
ARRIVE_S = 60


def queries():
    """(heading, statement) of every sql block."""
    heading = ""
    text = (case.ROOT / "docs" / "queries.md").read_text()
    for title, block in re.findall(r"^## ([^\n]+)$|^```sql\n(.*?)^```$", text, re.M | re.S):
        heading = title or heading
        if block:
            yield heading, block


def golden(name):
    """The datagrams of a golden case: hexadecimal lines, a blank line between two datagrams."""
    text = re.sub(r"#.*", "", (case.ROOT / "tests" / "golden" / name).read_text())
    return [bytes.fromhex(part) for part in re.split(r"\n\s*\n", text) if part.strip()]


def sampled(name):
    """An sFlow datagram with one raw header, taken from the corpus of headers."""
    corpus = (case.ROOT / "tests" / "fuzz" / "corpus" / "packet_header" / name).read_bytes()
    protocol, header = corpus[0], corpus[1:]
    padded = header + bytes(-len(header) % 4)
    record = struct.pack(">4I", protocol, len(header), 0, len(header)) + padded
    sample = struct.pack(">10I", 1, 1, 100, 100, 0, 1, 2, 1, 1, len(record)) + record
    return struct.pack(">IIIIIIIII", 5, 1, 0xC0000264, 0, 1, 1000, 1, 1, len(sample)) + sample


def rare_flows():
    """What goflow-replay sends none of: label stacks, translated addresses, tunnels, names."""
    return [*golden("ipfix_mpls.hex"), *golden("netflow9_firewall.hex"),
            *golden("ipfix_application_ids.hex"), *golden("ipfix_names.hex"),
            *golden("ipfix_port_block.hex"), sampled("vxlan")]


def filled_line(folder):
    line = goflow.Line(folder)
    flows = 0
    for protocol in PROTOCOLS:
        sent = line.ingest.replay(
            f"-synthetic={protocol}", "-count=200", "-exporters=3", "-sampling=100", "-pps=2000")
        flows += sent["flows"]
    line.wait_for_rows(flows)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for datagram in rare_flows():
            udp.sendto(datagram, ("127.0.0.1", line.ingest.port))
    for column in ("HasMPLS", "HasEncap", "PostNatSrcAddr != '::'", "PortRangeStart > 0"):
        case.wait_for(lambda: line.store.value(f"countIf({column})") > 0, ARRIVE_S, column)
    case.wait_for(lambda: has_application_names(line.store), ARRIVE_S, "names of applications")
    return line


def has_application_names(store):
    """The table is made when the first of its rows comes."""
    tables = store.query("SELECT name FROM system.tables WHERE name = 'netflow_options'")
    return bool(tables) and bool(store.query(
        "SELECT 1 AS found FROM netflow_options WHERE Name = 'applicationName' LIMIT 1"))


def test_every_query_of_the_document_returns_rows(folder):
    line = filled_line(folder)
    asked = 0
    for heading, statement in queries():
        rows = line.store.query(statement)
        case.true(
            rows or statement.startswith("CREATE"), f"{heading}: no rows from {statement}")
        asked += 1
    case.true(asked > 10, f"only {asked} queries in docs/queries.md")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
