#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest whole, over real UDP: flows per CPU second.
"""
tests/bench/ingest_udp.py [--seconds N] [--runs N] [--pps N] [PROTOCOL...]

goflow-replay sends synthetic exports of 16 exporters over loopback; goflow-ingest receives, decodes
and packs them, and throws the batches away. Its CPU time, user and system, is the kernel's count.
What the kernel dropped is told: above the rate that ingest holds, drops cost it time, too.
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import goflow  # noqa: E402

PROTOCOLS = ["netflow5", "netflow9", "ipfix", "sflow"]


def main():
    parser = argparse.ArgumentParser(description="Measures goflow-ingest over UDP.")
    parser.add_argument("protocols", nargs="*", default=PROTOCOLS, metavar="PROTOCOL")
    parser.add_argument("--seconds", type=int, default=3, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pps", type=int, default=0, help="datagrams a second; 0: all that go")
    options = parser.parse_args()
    for protocol in options.protocols:
        runs = sorted(measure(protocol, options) for _ in range(options.runs))
        rates = [rate for rate, _ in runs]
        print(f"ingest over UDP, {protocol}: {statistics.median(rates):.2f} M flows per core-second "
              f"({rates[0]:.2f} to {rates[-1]:.2f}), at most {max(lost for _, lost in runs):.1%} "
              f"of the datagrams dropped by the kernel", flush=True)


def measure(protocol, options):
    """Million flows per CPU second, and the share of datagrams lost."""
    with tempfile.TemporaryDirectory() as folder:
        ingest = goflow.Ingest(pathlib.Path(folder), transport="none").wait_until_ready()
        try:
            before = ingest.metrics().sum("process_cpu_seconds_total")
            sent = ingest.replay(f"-synthetic={protocol}", f"-duration={options.seconds}s",
                                 f"-pps={options.pps}", "-exporters=16")
            page = settled(ingest, sent["datagrams"])
        finally:
            ingest.stop()
        spent = page.sum("process_cpu_seconds_total") - before
        lost = page.sum("goflow_receive_kernel_drops_total") / sent["datagrams"]
        return page.sum("goflow_flows_total") / spent / 1e6, lost


def settled(ingest, datagrams):
    """The metrics once every datagram is received or dropped."""
    for _ in range(100):
        page = ingest.metrics()
        if (page.sum("goflow_receive_datagrams_total")
                + page.sum("goflow_receive_kernel_drops_total")) >= datagrams:
            return page
        time.sleep(0.05)
    sys.exit("datagrams are missing that nobody dropped")


if __name__ == "__main__":
    main()
