#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- in = out + waiting + dropped, read off /metrics.
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402

ARRIVE_S = 60
JUNK = [b"", b"\0", b"\0\x05", b"\0\x09" + bytes(30), b"\0\x0a\xff\xff" + bytes(12), bytes(1400)]


def send_junk(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in JUNK:
            sender.sendto(data, ("127.0.0.1", port))
    return len(JUNK)


def send_all(ingest):
    """All protocols and some junk; (datagrams, flows) sent."""
    datagrams, flows = send_junk(ingest.port), 0
    for protocol in ("netflow5", "netflow9", "ipfix", "sflow"):
        sent = ingest.replay(f"-synthetic={protocol}", "-count=300", "-pps=3000", "-exporters=3")
        datagrams += sent["datagrams"]
        flows += sent["flows"]
    return datagrams, flows


def check_ingest(page):
    """Each stage of goflow-ingest: what came in is what went out, waits or was dropped."""
    datagrams = page.sum("goflow_receive_datagrams_total")
    case.equal(page.sum("goflow_receive_decoded_total"), datagrams, "datagrams by outcome")
    flows = page.sum("goflow_flows_total")
    case.equal(page.sum("goflow_batch_flows_total"), flows, "flows decoded and flows packed")
    delivered = page.sum("goflow_batch_flows_delivered_total")
    dropped = page.sum("goflow_batch_flows_dropped_total")
    case.equal(delivered + dropped, flows, "flows handed over or dropped")
    case.equal(page.sum("goflow_link_flows_in_total"), delivered, "flows the publisher accepted")
    accounted = (
        page.sum("goflow_link_flows_stored_total") + page.sum("goflow_link_flows_shelved_total")
        + page.sum("goflow_link_flows_waiting") + page.sum("goflow_link_flows_dropped_total"))
    case.equal(accounted, delivered, "flows stored, shelved, waiting or dropped")


def check_store(page):
    accounted = (
        page.sum("goflow_pull_flows_stored_total") + page.sum("goflow_pull_flows_shelved_total")
        + page.sum("goflow_pull_flows_waiting") + page.sum("goflow_pull_flows_dropped_total"))
    case.equal(
        accounted, page.sum("goflow_pull_flows_total"), "flows stored, shelved, waiting or dropped")


def at_rest(ingest):
    """A page of an ingest whose flows are all delivered to the window or beyond."""

    def settled():
        page = ingest.metrics()
        done = page.sum("goflow_batch_flows_delivered_total") + page.sum(
            "goflow_batch_flows_dropped_total")
        return page if done == page.sum("goflow_flows_total") else None

    return case.wait_for(settled, ARRIVE_S, "open batches handed over")


def test_after_a_run_without_loss(folder):
    line = goflow.Line(folder)
    datagrams, flows = send_all(line.ingest)
    line.wait_for_rows(flows, ARRIVE_S)
    case.wait_for(
        lambda: line.ingest.metrics().sum("goflow_link_flows_stored_total") == flows, ARRIVE_S,
        "acknowledgements of all flows")
    page = line.ingest.metrics()
    check_ingest(page)
    case.equal(page.sum("goflow_receive_datagrams_total"), datagrams, "datagrams received")
    case.equal(page.sum("goflow_flows_total"), flows, "flows decoded")
    case.equal(page.sum("goflow_link_flows_stored_total"), flows, "flows stored")
    case.equal(page.sum("goflow_link_flows_dropped_total"), 0, "flows dropped")
    check_store(line.store.metrics())
    case.equal(line.store.metrics().sum("goflow_pull_flows_stored_total"), flows, "flows stored")
    line.stop()


def test_each_bad_datagram_has_its_reason(folder):
    ingest = goflow.Ingest(folder).wait_until_ready()
    sent = send_junk(ingest.port)
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_datagrams_total"), sent, 20, "datagrams")
    outcomes = ingest.metrics().by("goflow_receive_decoded_total", "reason")
    case.equal(sum(outcomes.values()), sent, f"datagrams by outcome {outcomes}")
    reasons = ingest.metrics().by("goflow_decode_dropped_total", "reason")
    case.true(sum(reasons.values()) >= sent - 1, f"drops by reason {reasons} for {sent} datagrams")
    ingest.stop()


def test_without_a_store_flows_wait(folder):
    ingest = goflow.Ingest(folder, stop_timeout="1s").wait_until_ready()
    _, flows = send_all(ingest)
    page = at_rest(ingest)
    check_ingest(page)
    case.equal(page.sum("goflow_link_flows_waiting"), flows, "flows waiting")


def test_a_full_window_drops_and_counts(folder):
    ingest = goflow.Ingest(folder, window_bytes="1MiB", batch_flows=100).wait_until_ready()
    ingest.replay("-synthetic=netflow5", "-count=2000", "-pps=4000")
    page = at_rest(ingest)
    check_ingest(page)
    case.true(page.sum("goflow_link_flows_dropped_total") > 0, "nothing was dropped")
    case.true(page.sum("goflow_link_window_bytes") <= 1 << 20, "the window outgrew its limit")


def test_what_stays_in_the_window_reaches_a_store_that_comes_later(folder):
    ingest = goflow.Ingest(folder).wait_until_ready()
    _, flows = send_all(ingest)
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    case.wait_until_equal(store.rows, flows, ARRIVE_S, "rows in the table")
    ingest.stop()
    store.stop()


if __name__ == "__main__":
    case.main(globals())
