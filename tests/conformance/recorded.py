#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- recorded exports of real devices, as tshark reads them.
"""
Without recordings this script counts as nothing; own_packets.py has packets of our own.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import recordings  # noqa: E402


def comparison(capture):
    return lambda folder: print(
        f"{capture.name}: {conformance.check(folder, capture)} flows", file=sys.stderr)


if __name__ == "__main__":
    if recordings.are_absent():
        sys.exit(0)
    case.main({
        f"test_{capture.stem.replace('-', '_')}_as_tshark_reads_it": comparison(capture)
        for capture in sorted(recordings.FOLDER.glob("*.pcap"))
    })
