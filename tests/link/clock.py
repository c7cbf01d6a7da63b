#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- wall clocks that jump, hours ahead and back again.
"""The clock is libfaketime's: it reads an offset from a file, which the test changes."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
JUMPS = ("+3h", "-5h", "+0", "-90s")


class Clock:
    """Monotonic time stays as it is, as when an operator or NTP sets a clock."""

    def __init__(self, folder, name):
        self.file = folder / f"{name}.clock"
        self.jump("+0")
        self.place = goflow.Place(
            ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
             "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1"], "127.0.0.1")

    def jump(self, offset):
        self.file.write_text(offset + "\n")


def check_jumps(folder, ingest_clock, store_clock, jumping):
    ingest = goflow.Ingest(
        folder, place=ingest_clock.place, ack_timeout="1s", batch_flows=300,
        spool_dir=folder / "spool").wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint, place=store_clock.place).wait_until_ready()
    flows = numbered.Flows(folder)
    for offset in JUMPS:
        flows.send(ingest, count=200)
        jumping.jump(offset)
        flows.send(ingest, count=200)
    flows.check(store.query)
    numbered.check_counters(ingest)


def test_of_the_ingest(folder):
    clock = Clock(folder, "ingest")
    check_jumps(folder, clock, Clock(folder, "store"), clock)


def test_of_the_store_and_its_engine(folder):
    clock = Clock(folder, "store")
    check_jumps(folder, Clock(folder, "ingest"), clock, clock)


if __name__ == "__main__":
    case.main(globals())
