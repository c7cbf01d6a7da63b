#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- commands of the documents, run as they stand.
"""
A block marked sh is run by bash, with the programs in its PATH, beside a `goflow` that listens where it
does by default and takes flows; in a network of its own, so that those ports are free. A block that no test
can run says so in a comment above it: <!-- not run: why -->. Manual pages: style/docs.py.
"""
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import process  # noqa: E402

COLLECTOR = "192.0.2.10"  # the documents' address for it
SQL_PORT = 8123
READY_S = 60
BLOCK = re.compile(r"^(<!-- not run: .+ -->\n)?```sh\n(.*?)^```$", re.M | re.S)


def blocks():
    """(document, commands) of those that can be run."""
    for document in [*case.ROOT.glob("*.md"), *case.ROOT.glob("docs/**/*.md")]:
        for excuse, commands in BLOCK.findall(document.read_text()):
            if not excuse:
                yield document.name, commands


def enter_network():
    network.Network.enter_new_namespace()
    network.run("ip", "link", "set", "lo", "up")
    network.run("ip", "address", "add", f"{COLLECTOR}/32", "dev", "lo")


def start_collector(folder):
    """Until the first rows are there; flows go on coming until the case ends. The caller stops it."""
    collector = process.Process(
        "goflow", [goflow.program("goflow"), f"-ch.serve=127.0.0.1:{SQL_PORT}"], folder)
    process.Process(
        "traffic", [goflow.program("goflow-replay"), "-synthetic=netflow5", "-pps=20",
                    "-duration=10m"], folder)

    def has_rows():
        page = goflow.document(8081, "/metrics")
        return page and goflow.Metrics(page).sum("goflow_write_rows_stored_total") > 0

    collector.until(has_rows, READY_S, "no rows")
    return collector


def test_blocks_run_as_they_stand(folder):
    enter_network()
    goflow.replay(folder, "-synthetic=netflow9", "-count=20", f"-write={folder}/export.pcap")
    collector = start_collector(folder)
    environment = {**os.environ, "PATH": f"{case.Settings.bin}:{os.environ['PATH']}"}
    found = list(blocks())
    case.true(len(found) > 2, "hardly a block is left to run")
    for number, (document, commands) in enumerate(found):
        done = process.run(
            f"block-{number}", ["bash", "-euo", "pipefail", "-c", commands], folder, env=environment)
        case.equal(done.child.returncode, 0, f"{document}: {commands}{done.stderr}status")
        case.true(done.stdout and "Exception" not in done.stdout,
                  f"{document}: {commands}{done.stdout}")
    collector.stop()  # its children with it


if __name__ == "__main__":
    case.main(globals())
