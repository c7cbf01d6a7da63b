#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- recorded exports of real devices through -read.
"""
The recordings are not part of the project: they are looked for in ../shared/captures beside it.
Without them this script says so and counts as nothing. tests/conformance compares their flows with
other decoders; this one also runs under the sanitizers.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

CAPTURES = case.ROOT.parent / "shared" / "captures"


def read(folder, capture):
    """What goflow-ingest prints of the capture: one dict a flow."""
    done = process.check(
        f"read-{capture.stem}",
        [goflow.program("goflow-ingest"), f"-read={capture}", "-transport=console",
         "-format=json"], folder)
    case.true("datagrams" in done.stderr, f"{capture.name}: no summary on stderr")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_capture_is_read_without_a_crash(folder):
    flows = {path.stem: len(read(folder, path)) for path in sorted(CAPTURES.glob("*.pcap"))}
    case.true(len(flows) >= 30, f"only {len(flows)} captures")
    print("flows:", flows, file=sys.stderr)
    silent = [name for name, count in flows.items() if count == 0 and may_not_be_silent(name)]
    case.true(not silent, f"no flows in {', '.join(silent)}")


def may_not_be_silent(name):
    """Options, counters and broken packets give no flows, nor does data before its template."""
    words = ("options", "invalid", "counter", "sflow-print", "data-before-template")
    return not any(word in name for word in words)


if __name__ == "__main__":
    if not CAPTURES.is_dir():
        print(f"absent: no {CAPTURES}, so nothing was read and nothing is counted")
        sys.exit(0)
    case.main(globals())
