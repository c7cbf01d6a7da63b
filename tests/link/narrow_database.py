#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a wire to the database on which a block outlasts its lease.
"""
An INSERT that needs more than two thirds of the lease to arrive finds its fence closed, however often
it is sent: the store has to find out how small a block must be. Rows are compared with what was sent.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LEASE = "3s"
BLOCK_ROWS = 100000
RATE = 150000  # octets a second: a block of all flows takes several leases
FLOWS_WAIT_S = 240


def narrow(folder, database):
    proxy = faulty_proxy.Proxy(database.http_port, rate=RATE)
    proxy.spoil(faulty_proxy.narrow, b"query=INSERT", faulty_proxy.FOR_EVER)
    ingest = goflow.Ingest(folder, batch_flows=200, ack_timeout=LEASE).wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{proxy.port}", ch_timeout="60s",
        block_rows=BLOCK_ROWS, block_age="2s").wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=400, pps=1000)
    flows.check(database.query, seconds=FLOWS_WAIT_S)
    numbered.check_counters(ingest)
    page = store.metrics()
    case.true(page.sum("goflow_write_inserts_total", outcome="late") > 0, "no INSERT came late")
    case.true(page.sum("goflow_pull_block_rows") < BLOCK_ROWS, "blocks are as large as they were")


def test_blocks_get_so_small_that_they_come_in_time(folder):
    narrow(folder, engine_server.Engine(folder))


def test_blocks_for_a_server_get_so_small_that_they_come_in_time(folder):
    narrow(folder, clickhouse.Server(folder))


def test_a_batch_that_is_always_late_tells_what_to_change_and_is_not_lost(folder):
    database = engine_server.Engine(folder)
    proxy = faulty_proxy.Proxy(database.http_port, delay_s=4)  # longer than the lease
    proxy.spoil(faulty_proxy.deliver_late, b"query=INSERT", faulty_proxy.FOR_EVER)
    ingest = goflow.Ingest(folder, batch_flows=200, ack_timeout=LEASE).wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{proxy.port}", ch_timeout="60s",
        block_age="100ms").wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=20)
    store.until(
        lambda: "raise -ack.timeout" in store.stderr, FLOWS_WAIT_S, "does not say what to change")
    proxy.spoil(faulty_proxy.deliver_late, b"", 0)
    flows.check(database.query, seconds=FLOWS_WAIT_S)
    numbered.check_counters(ingest)


if __name__ == "__main__":
    case.main(globals())
