#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a capture larger than the window reaches the table whole.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


def test_a_file_larger_than_the_window_waits_for_the_stores(folder):
    """Sockets cannot wait, files can: nothing may be dropped. The capture is old: no TTL."""
    capture = folder / "flows.pcap"
    sent = goflow.replay(
        folder, "-synthetic=netflow9", "-count=3000", "-seed=8", f"-write={capture}")
    endpoint = f"ipc://{folder}/link"
    store = goflow.Store(folder, endpoint, ch_ttl="0").wait_until_ready()
    process.check("reader", [goflow.program("goflow-ingest"), *goflow.flags({
        "read": capture, "zmq_bind": endpoint, "tap_bind": "", "metrics_addr": "",
        "window_bytes": "2MiB", "stop_timeout": "20s"})], folder, 120)
    case.equal(store.rows(), sent["flows"], "rows when the reader has ended")
    for what, column in (("bytes", "Bytes"), ("packets", "Packets")):
        case.equal(store.value(f"sum({column})"), sent[what], what)
    store.stop()


if __name__ == "__main__":
    case.main(globals())
