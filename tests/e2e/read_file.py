#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a capture larger than the window reaches the table whole.
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


def read(folder, capture, endpoint):
    process.check("reader", [goflow.program("goflow-ingest"), *goflow.flags({
        "read": capture, "zmq_bind": endpoint, "tap_bind": "", "metrics_addr": "",
        "window_bytes": "2MiB", "stop_timeout": "20s"})], folder, 120)


def test_a_file_larger_than_the_window_waits_for_the_stores(folder):
    """Sockets cannot wait, files can: nothing may be dropped. The capture is old: no TTL."""
    capture = folder / "flows.pcap"
    sent = goflow.replay(
        folder, "-synthetic=netflow9", "-count=3000", "-seed=8", f"-write={capture}")
    endpoint = f"ipc://{folder}/link"
    store = goflow.Store(folder, endpoint, ch_ttl="0").wait_until_ready()
    read(folder, capture, endpoint)
    case.equal(store.rows(), sent["flows"], "rows when the reader has ended")
    for what, column in (("bytes", "Bytes"), ("packets", "Packets")):
        case.equal(store.value(f"sum({column})"), sent[what], what)
    store.stop()
    case.true("TTL" not in store.stderr, "a table that keeps its rows for ever has no TTL")


def stamp(capture, seconds):
    """As if the whole capture had been received then; goflow-replay writes big-endian ones."""
    content, at = bytearray(capture.read_bytes()), 24
    while at < len(content):
        struct.pack_into(">I", content, at, int(seconds))
        at += 16 + struct.unpack_from(">I", content, at + 8)[0]
    capture.write_bytes(content)


def test_rows_of_a_clock_that_was_not_set_survive_the_ttl(folder):
    """Collectors without a battery begin in 1970 or 2000; the rows' age is unknown, not 56 years."""
    endpoint = f"ipc://{folder}/link"
    store = goflow.Store(folder, endpoint, ch_ttl="24h").wait_until_ready()
    expected = 0
    for number, seconds in enumerate((60, 946684800, time.time() - 4 * 86400)):
        capture = folder / f"flows-{number}.pcap"
        sent = goflow.replay(folder, "-synthetic=netflow9", "-count=100", f"-seed={number}",
                             f"-write={capture}")
        stamp(capture, seconds)
        read(folder, capture, endpoint)
        expected += sent["flows"] if number < 2 else 0
    store.query("OPTIMIZE TABLE netflow FINAL")
    case.equal(store.rows(), expected, "rows left, without those that are old")
    store.stop()


def test_rows_older_than_the_ttl_are_warned_of_once(folder):
    capture = folder / "flows.pcap"
    goflow.replay(folder, "-synthetic=netflow9", "-count=3000", "-seed=8", f"-write={capture}")
    stamp(capture, time.time() - 4 * 86400)
    endpoint = f"ipc://{folder}/link"
    store = goflow.Store(folder, endpoint, block_rows=8192, ch_ttl="24h").wait_until_ready()
    read(folder, capture, endpoint)
    blocks = store.metrics().sum("goflow_write_blocks_stored_total")
    case.true(blocks > 1, f"{blocks} blocks")
    store.stop()
    warnings = [line for line in store.stderr.splitlines() if "`default`.`netflow`" in line]
    case.equal(len(warnings), 1, f"lines about the table: {warnings}")
    for text in ("warning", "TTL", "-ch.ttl=0", "ttl_days=1"):
        case.true(text in warnings[0], f"says {warnings[0]!r}, without {text!r}")


if __name__ == "__main__":
    case.main(globals())
