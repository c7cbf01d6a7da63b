#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- where flows are when rows are missing: each is counted once.
"""
A run on a busy machine once left 252 batches of 1,440,000 flows out of the table, and nothing waited. So
here the counters of every stage are added up, while the machine is so busy that the publisher cannot keep
up and its inbox fills: what a sender sent is in the table, or dropped by the kernel before it was received,
or dropped with reason="full" before it was accepted. What was accepted is in the table, all of it, whatever
the database does meanwhile.
"""
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402

BATCH_FLOWS = 200
DATAGRAMS = 6000  # a burst
BURSTS = 8
FLOWS = 30  # a datagram
STANDS_STILL_S = 4
BUSY = 2 * (os.cpu_count() or 1)
DRAIN_S = 300


def make_busy(folder):
    """Programs that want every core; they end with the case."""
    for i in range(BUSY):
        process.Process(f"busy{i}", [sys.executable, "-c", "while True: pass"], folder)


def send_bursts(folder, ingest, database):
    """As fast as the sender can, while the database stands still half of the time."""
    sent = 0
    for turn in range(BURSTS):
        database.send(signal.SIGSTOP if turn % 2 == 0 else signal.SIGCONT)
        sent += goflow.replay(
            folder, "-synthetic=netflow5", f"-unique={sent + 1}", f"-count={DATAGRAMS}",
            f"-target=127.0.0.1:{ingest.port}")["flows"]
        time.sleep(STANDS_STILL_S / 2)
    database.send(signal.SIGCONT)
    return sent


def settled(ingest):
    """Nothing comes or waits any longer."""
    before = ingest.metrics().sum("goflow_link_flows_in_total")
    time.sleep(1)
    page = ingest.metrics()
    return page.sum("goflow_link_flows_waiting") == 0 and page.sum(
        "goflow_link_flows_in_total") == before


def test_every_flow_is_in_the_table_or_counted_as_dropped_before_it_was_accepted(folder):
    database = engine_server.Engine(folder)
    ingest = goflow.Ingest(
        folder, batch_flows=BATCH_FLOWS, spool_dir=folder / "spool", records=False, spool_sync=0,
        udp_rcvbuf="4MiB").wait_until_ready()
    goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{database.http_port}").wait_until_ready()
    make_busy(folder)
    sent = send_bursts(folder, ingest, database)
    case.wait_for(lambda: settled(ingest), DRAIN_S, "nothing waits")
    page = ingest.metrics()
    kernel = page.sum("goflow_receive_kernel_drops_total") * FLOWS
    full = page.sum("goflow_batch_flows_dropped_total", reason="full")
    accepted = page.sum("goflow_link_flows_in_total")
    rows = numbered.count_rows(database.query, "netflow")
    print(f"# sent {sent}, dropped by the kernel {kernel:.0f}, full {full:.0f}, accepted "
          f"{accepted:.0f}, rows {rows}", flush=True)
    case.equal(kernel + full + accepted, sent, "dropped before acceptance, and accepted")
    case.equal(rows, accepted, "rows")
    case.true(full > 0, "the inbox was never full: nothing was shown")
    numbered.check_counters(ingest)


if __name__ == "__main__":
    case.main(globals())
