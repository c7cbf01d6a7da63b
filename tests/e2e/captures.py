#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- recorded exports of real devices through -read.
"""
Without recordings this script counts as nothing. tests/conformance compares their flows with other
decoders; this one also runs under the sanitizers.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import recordings  # noqa: E402


def test_every_capture_is_read_without_a_crash(folder):
    captures = sorted(recordings.FOLDER.glob("*.pcap"))
    flows = {path.stem: len(conformance.read(folder, path)) for path in captures}
    case.true(len(flows) >= 30, f"only {len(flows)} captures")
    print("flows:", flows, file=sys.stderr)
    silent = [name for name, count in flows.items() if count == 0 and may_not_be_silent(name)]
    case.true(not silent, f"no flows in {', '.join(silent)}")


def may_not_be_silent(name):
    """Options, counters and broken packets give no flows, nor does data before its template."""
    words = ("options", "invalid", "counter", "sflow-print", "data-before-template")
    return not any(word in name for word in words)


if __name__ == "__main__":
    if recordings.are_absent():
        sys.exit(0)
    case.main(globals())
