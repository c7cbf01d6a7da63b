# SPDX-License-Identifier: BSD-3-Clause -- IPFIX messages as libfixbuf's ipfixDump reads them.
import pathlib
import re

import process

FIELDS = {
    8: "SrcAddr", 12: "DstAddr", 27: "SrcAddr", 28: "DstAddr", 4: "Proto", 7: "SrcPort",
    11: "DstPort", 1: "Bytes", 2: "Packets", 61: "FlowDirection"}
TEXT = {"SrcAddr", "DstAddr"}
FIELD = re.compile(r"^\s*\((\d+)\)\s+(?:\(S\)\s+)?\w+ : (.*)$")


def flows(folder, name, messages):
    """Dicts with the names of our JSON, of all data records that count octets."""
    file = pathlib.Path(folder) / f"{name}.ipfix"
    file.write_bytes(b"".join(messages))
    done = process.check(f"ipfixDump-{name}", ["ipfixDump", "--in", file, "--data"], folder)
    records = [read(text) for text in done.stdout.split("--- data record ")[1:]]
    return [record for record in records if "Bytes" in record]


def read(text):
    found = {}
    for line in text.splitlines():
        match = FIELD.match(line)
        if match and int(match[1]) in FIELDS:
            name = FIELDS[int(match[1])]
            found.setdefault(name, match[2].strip() if name in TEXT else int(match[2].split()[0]))
    return found
