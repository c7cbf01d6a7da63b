#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what keys and compression on the link cost in CPU time.
"""
tests/bench/line_keys.py [--rounds N] [--count N] [--pps N] [--bin FOLDER] [WAY...]

One ingest and one store over tcp on loopback, each round once plain, with keys (CURVE), with zstd, and
with both, in an order that changes from round to round. Printed are medians of CPU time for a flow
(user and system, until the last row is in the table): of both programs, and of libzmq's threads in
them, where encryption happens. What keys cost is the difference between libzmq's threads, since
the database's merges change the programs' own figures by more than that.
"""
import argparse
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import keys  # noqa: E402
import process  # noqa: E402
import line  # noqa: E402

WAYS = {
    "plain": (False, "none"), "keys": (True, "none"),
    "zstd": (False, "zstd"), "zstd and keys": (True, "zstd")}


def main():
    parser = argparse.ArgumentParser(description="Measures keys and compression on the link.")
    parser.add_argument("ways", nargs="*", default=list(WAYS), metavar="WAY")
    parser.add_argument("--bin", type=pathlib.Path, default=case.Settings.bin)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=40000, help="datagrams of a run")
    parser.add_argument("--pps", type=int, default=10000)
    options = parser.parse_args()
    case.Settings.bin = options.bin.resolve()
    rounds = []
    for index in range(options.rounds):
        names = options.ways
        names = names[index % len(names):] + names[:index % len(names)]
        found = {}
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(pathlib.Path(folder), *WAYS[name], options)
        rounds.append(found)
        print(f"round {index + 1}: " + ", ".join(
            name + " " + "+".join(f"{part:.0f}" for part in found[name][:4]) for name in options.ways), flush=True)
    for name in options.ways:
        report(name, rounds)


def measure(folder, has_keys, compression, options):
    """
    CPU time for a flow in ns: of the ingest, of the store, of libzmq's thread in the ingest, in the
    store; and bytes on the link for a flow.
    """
    endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
    ingest_flags, store_flags = {"zmq_compress": compression}, {}
    if has_keys:
        edge, core = keys.pair(folder, "ingest", "edge", "store", "core")
        ingest_flags["zmq_keys"], store_flags["zmq_keys"] = edge.folder, core.folder
    ingest = goflow.Ingest(folder, zmq_bind=endpoint, batch_age="200ms", **ingest_flags)
    store = goflow.Store(folder, endpoint, block_age="1s", **store_flags)
    for program in (ingest, store):
        program.wait_until_ready()
    ingest.until(lambda: ingest.metrics().sum("goflow_link_peers") == 1, 60, "no store")
    programs = (ingest, store)
    before = [clock(program) for clock in (line.cpu_seconds, link_seconds) for program in programs]
    sent = ingest.replay(
        "-synthetic=netflow9", f"-count={options.count}", f"-pps={options.pps}", "-exporters=16")
    store.until(lambda: line.is_quiet(ingest, store, sent["datagrams"]), 120, "flows are on their way")
    after = [clock(program) for clock in (line.cpu_seconds, link_seconds) for program in programs]
    spent = [now - was for now, was in zip(after, before)]
    rows = store.rows()
    size = ingest.metrics().sum("goflow_link_sent_bytes_total")
    ingest.stop()
    store.stop()
    return [value / rows * 1e9 for value in spent] + [size / rows]


def link_seconds(program):
    """CPU time of libzmq's threads."""
    total = 0
    for task in pathlib.Path(f"/proc/{program.child.pid}/task").iterdir():
        if (task / "comm").read_text(encoding="ascii").startswith("ZMQbg/IO"):
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return total / 1e9


def report(name, rounds):
    ingest, store, link_in, link_out, size = (
        statistics.median(found[name][part] for found in rounds) for part in range(5))
    print(f"{name}: ingest {ingest:.0f}, store {store:.0f} ns of CPU a flow, of these libzmq"
          f" {link_in:.0f} and {link_out:.0f}; {size:.0f} bytes a flow on the link", flush=True)
    if name != "plain" and "plain" in rounds[0]:
        more = statistics.median(
            sum(found[name][2:4]) - sum(found["plain"][2:4]) for found in rounds)
        plain = statistics.median(sum(found["plain"][:2]) for found in rounds)
        print(f"    libzmq's threads take {more:.0f} ns more, {more / plain:.1%} of the plain line")


if __name__ == "__main__":
    main()
