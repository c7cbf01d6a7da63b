#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- strangers take connections until no descriptor is left.
import contextlib
import os
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

LIMIT = 128  # descriptors of the program
STRANGERS = 300
WAIT_S = 30
FEW = ["prlimit", f"--nofile={LIMIT}:{LIMIT}"]


def connect(stack, port, count):
    """So many connections that say nothing; fewer where they are refused."""
    for _ in range(count):
        stranger = stack.enter_context(socket.socket())
        stranger.settimeout(1)
        with contextlib.suppress(OSError):
            stranger.connect(("127.0.0.1", port))


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.child.pid}/fd"))


def test_strangers_on_the_link_leave_descriptors_for_the_spool_and_http(folder):
    port = process.free_ports(2)
    ingest = goflow.Ingest(
        folder, place=goflow.Place(FEW), zmq_bind=f"tcp://127.0.0.1:{port}",
        spool_dir=folder / "spool", spool_bytes="8MiB", batch_flows=500,
        templates_file=folder / "templates").wait_until_ready()
    with contextlib.ExitStack() as stack:
        connect(stack, port, STRANGERS)
        connect(stack, port + 1, STRANGERS)
        connect(stack, ingest.metrics_port, STRANGERS)
        for _ in range(20):
            case.true(ingest.get("/healthz") is not None, "/healthz does not answer")
        ingest.replay("-synthetic=netflow5", "-count=1500", "-seed=1", "-pps=2000")
        case.wait_for(
            lambda: ingest.metrics().sum("goflow_spool_segments") > 2, WAIT_S, "new segments")
        case.equal(ingest.metrics().sum("goflow_spool_errors_total"), 0, "errors of the spool")
        case.true(descriptors(ingest) < LIMIT, "no descriptor is left")
        for channel in ("data", "return"):
            ended = ingest.metrics().sum("goflow_link_connections_crowded_out_total", channel=channel)
            case.true(ended > STRANGERS / 2, f"{ended} connections were ended: {channel}")
        case.true("LimitNOFILE" in ingest.stderr, "not a word about it")
    store = goflow.Store(folder, f"tcp://127.0.0.1:{port}").wait_until_ready()
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_waiting"), 0, WAIT_S, "flows that wait")
    store.stop()
    ingest.stop()


def test_strangers_on_the_tap_leave_descriptors_for_a_store(folder):
    tap = process.free_ports()
    ingest = goflow.Ingest(
        folder, place=goflow.Place(FEW), tap_bind=f"tcp://127.0.0.1:{tap}").wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    with contextlib.ExitStack() as stack:
        connect(stack, tap, STRANGERS)
        sent = ingest.replay("-synthetic=netflow5", "-count=100", "-seed=1")["flows"]
        case.wait_until_equal(store.rows, sent, WAIT_S, "rows")
        store.kill()
        goflow.Store(folder, ingest.endpoint, name="next").wait_until_ready()
        case.wait_for(
            lambda: ingest.metrics().sum("goflow_link_peers") == 1, WAIT_S, "the next store")
        ended = ingest.metrics().sum("goflow_link_connections_crowded_out_total", channel="tap")
        case.true(ended > STRANGERS / 2, f"{ended} connections of the tap were ended")


def test_strangers_on_a_store_that_listens_leave_descriptors_for_http(folder):
    port = process.free_ports(2)
    store = goflow.Store(
        folder, [], place=goflow.Place(FEW), zmq_bind=f"tcp://127.0.0.1:{port}",
        ch_addr=f"127.0.0.1:{process.free_ports()}").wait_until_ready()
    with contextlib.ExitStack() as stack:
        connect(stack, port, STRANGERS)
        connect(stack, port + 1, STRANGERS)
        for channel in ("data", "return"):
            case.wait_for(
                lambda channel=channel: store.metrics().sum(
                    "goflow_pull_connections_crowded_out_total", channel=channel) > STRANGERS / 2,
                WAIT_S, f"ended connections: {channel}")
        case.true(descriptors(store) < LIMIT, "no descriptor is left")


if __name__ == "__main__":
    case.main(globals())
