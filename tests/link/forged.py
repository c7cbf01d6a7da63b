#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a peer that says what is not true: it changes nothing.
"""
The peer speaks ZMTP by hand, because no socket of libzmq sends a cancel for a topic that it does not
have.
"""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
from zmtp import Stranger, field, fixed  # noqa: E402

STORED = 1
EVERYTHING = (0, 2**64 - 1)


def acknowledgement(kind, store_id, first, last):
    """version, kind, store_id and one range: proto/link.proto has their numbers."""
    return (field(1, 1) + field(2, kind) + fixed(3, store_id)
            + field(5, field(1, first) + field(2, last)))


def test_a_forged_acknowledgement_takes_nothing_away(folder):
    line = goflow.Line(folder, ingest={"spool_dir": folder / "spool"})
    line.store.send(signal.SIGSTOP)
    sent = line.ingest.replay("-synthetic=netflow5", "-count=200")["flows"]
    time.sleep(1)
    Stranger(line.ingest.endpoint + ".ack", b"DEALER").say(acknowledgement(STORED, 4711, *EVERYTHING))
    line.ingest.until(
        lambda: line.ingest.metrics().sum("goflow_link_acks_without_lease_total") > 0,
        30, "the forged acknowledgement is not counted")
    case.equal(line.ingest.metrics().sum("goflow_link_flows_stored_total"), 0, "stored")
    line.store.send(signal.SIGCONT)
    line.wait_for_rows(sent)
    line.stop()


def test_a_forged_cancel_does_not_silence_the_tap(folder):
    line = goflow.Line(folder)
    listener = goflow.process.Process(
        "tap", [goflow.program("goflow-tap"), f"-connect={line.ingest.tap}", "-n=1"], folder)
    line.ingest.until(
        lambda: line.ingest.metrics().sum("goflow_tap_subscriptions") == 1, 30, "no subscription")
    Stranger(line.ingest.tap, b"SUB").say(b"\x00flows")
    # libzmq passes it on: the gauge is wrong from now on, the tap goes on.
    line.ingest.until(
        lambda: line.ingest.metrics().sum("goflow_tap_subscriptions") == 0, 30, "never heard")
    line.ingest.replay("-synthetic=netflow5", "-count=10")
    case.equal(listener.wait(30), 0, "the tap's status")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
