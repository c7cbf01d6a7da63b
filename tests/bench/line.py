#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the whole line, exporter to committed row: its CPU time.
"""
tests/bench/line.py [--seconds N] [--runs N] [--pps N] [--ingest FLAG=VALUE]... [--store FLAG=VALUE]...
                    [PROTOCOL...]

goflow-replay sends synthetic exports of 16 exporters over loopback to goflow-ingest, and goflow-store
commits them to the embedded engine. Told for each run: flows, CPU time of both programs for a flow
(user and system, the kernel's count, until the last row is in the table), the most memory the store
had, inserts, parts, and what was lost anywhere. Flags without their dash: --store block.rows=250000.
"""
import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import goflow  # noqa: E402

PROTOCOLS = ["netflow5", "netflow9", "ipfix", "sflow"]


def main():
    parser = argparse.ArgumentParser(description="Measures exporter to committed row.")
    parser.add_argument("protocols", nargs="*", default=PROTOCOLS, metavar="PROTOCOL")
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--pps", type=int, default=0, help="datagrams a second; 0: all that go")
    parser.add_argument("--ingest", action="append", default=[], metavar="FLAG=VALUE")
    parser.add_argument("--store", action="append", default=[], metavar="FLAG=VALUE")
    options = parser.parse_args()
    for protocol in options.protocols:
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as folder:
                measure(protocol, options, pathlib.Path(folder))


def settings(words):
    return {name.replace(".", "_"): value for name, value in (word.split("=") for word in words)}


def measure(protocol, options, folder):
    line = goflow.Line(folder, {"batch_age": "200ms", **settings(options.ingest)},
                       {"block_age": "1s", **settings(options.store)})
    before = [cpu_seconds(program) for program in (line.ingest, line.store)]
    sent = line.ingest.replay(f"-synthetic={protocol}", f"-duration={options.seconds}s",
                              f"-pps={options.pps}", "-exporters=16")
    ingest, store = line.ingest, line.store
    store.until(lambda: is_quiet(ingest, store, sent["datagrams"]), 120, "flows are on their way")
    spent = [cpu_seconds(program) - was for program, was in zip((ingest, store), before)]
    report(protocol, line, sent, spent)
    line.stop()


def cpu_seconds(program):
    return program.metrics().sum("process_cpu_seconds_total")


def kernel_drops(page):
    return page.sum("goflow_receive_kernel_drops_total")


def is_quiet(ingest, store, datagrams):
    """Everything is received or dropped, and what was received is stored or dropped."""
    time.sleep(0.3)  # metrics cost the programs time, too
    page = ingest.metrics()
    arrived = page.sum("goflow_receive_datagrams_total") + kernel_drops(page)
    return (arrived >= datagrams
            and page.sum("goflow_flows_total") <= store.metrics().sum("goflow_write_rows_stored_total")
            + page.sum("goflow_link_flows_dropped_total")
            + page.sum("goflow_batch_flows_dropped_total"))


def peak_mb(program):
    status = pathlib.Path(f"/proc/{program.child.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def report(protocol, line, sent, spent):
    page = line.ingest.metrics()
    rows = line.store.rows()
    parts = line.store.query(
        "SELECT count() AS v FROM system.parts WHERE active AND table = 'netflow'")[0]["v"]
    inserts = line.store.metrics().sum("goflow_write_blocks_stored_total")
    print(f"line, {protocol}: {rows / 1e6:.2f} M rows of {sent['flows'] / 1e6:.2f} M flows;"
          f" ingest {spent[0] / rows * 1e9:.0f}, store {spent[1] / rows * 1e9:.0f} ns of CPU a flow;"
          f" at most {peak_mb(line.ingest):.0f} and {peak_mb(line.store):.0f} MB;"
          f" {inserts:.0f} inserts, {parts} parts;"
          f" lost: {kernel_drops(page) / sent['datagrams']:.1%} of the datagrams by the kernel,"
          f" {page.sum('goflow_link_flows_dropped_total'):.0f} flows by the window", flush=True)


if __name__ == "__main__":
    main()
