#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the database's machine goes and comes back without a word.
"""
The machine loses power while it has an INSERT: nothing ends the connection. It is found dead by TCP
probes, although -ch.timeout is an hour, and rows flow again when the database is back.
"""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import numbered  # noqa: E402

FOUND_S = 40  # ten on an idle machine; without the probes it would be an hour


def swallow(port):
    """What comes from and goes to the port is dropped."""
    network.run("nft", "add", "table", "inet", "power")
    network.run("nft", "add", "chain", "inet", "power", "input", network.FILTER)
    for end in ("sport", "dport"):
        network.run("nft", "add", "rule", "inet", "power", "input", "tcp", end, str(port), "drop")


def test_a_machine_that_loses_power_in_mid_insert(folder):
    network.Network.enter_new_namespace()
    network.run("ip", "link", "set", "lo", "up")
    database = engine_server.Engine(folder)
    ingest = goflow.Ingest(folder, ack_timeout="2s").wait_until_ready()
    store = goflow.Store(
        folder, ingest.endpoint, ch_addr=f"127.0.0.1:{database.http_port}", ch_timeout="1h",
        block_age="50ms").wait_until_ready()
    flows = numbered.Flows(folder)
    flows.send(ingest, count=20)
    flows.check(database.query)
    database.send(signal.SIGSTOP)
    flows.send(ingest, count=20)
    case.wait_for(
        lambda: store.metrics().sum("goflow_write_rows_waiting") > 0, FOUND_S, "an INSERT under way")
    swallow(database.http_port)
    database.kill()
    store.until(lambda: "the database takes no data" in store.stderr, FOUND_S, "the connection is dead")
    database.start_again()
    network.run("nft", "delete", "table", "inet", "power")
    flows.check(database.query)
    numbered.check_counters(ingest)


if __name__ == "__main__":
    case.main(globals())
