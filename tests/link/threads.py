#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- all threads of all programs at work at the same time.
"""
`tests/run tsan` runs it too, with programs built for ThreadSanitizer, whose reports show in the
status they stop with. The database is of the release build: the engine does not run under it.
"""
import contextlib
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import engine_server  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402
import process  # noqa: E402
import router  # noqa: E402

RELEASE = case.Settings.bin
DOCUMENTS = ("/metrics", "/healthz", "/templates", "/exporters")
COUNTERS = 20
LEASE = "4s"
ROUNDS = 3
STOP_S = 60


def place():
    """Under ThreadSanitizer, with what tells it how messages order threads."""
    order = case.Settings.bin.parent / "tests" / "zmq_order.so"
    return goflow.Place(["env", f"LD_PRELOAD={order}"]) if order.exists() else goflow.HERE


class Database(engine_server.Engine):
    def start_again(self):
        chosen, case.Settings.bin = case.Settings.bin, RELEASE
        try:
            super().start_again()
        finally:
            case.Settings.bin = chosen


@contextlib.contextmanager
def readers(*programs):
    """Asks each of them for its documents all the time."""
    is_over = threading.Event()

    def read(program):
        while not is_over.wait(0.05):
            for path in DOCUMENTS:
                program.get(path)

    threads = [threading.Thread(target=read, args=[program]) for program in programs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def send(flows, ingest):
    flows.send(ingest, count=100, pps=100)
    for number in range(COUNTERS):
        router.send(
            ingest.port, router.sflow(number, router.interface_counters(number, number)),
            router.interface_name(number, b"port%d" % number))


def start_ingest(folder):
    (folder / "map").write_text("127.0.0.0/8 10\n")
    return goflow.Ingest(
        folder, place=place(), workers=3, spool_dir=folder / "spool", batch_flows=500,
        ack_timeout=LEASE, sampling_map=folder / "map", window_bytes="1MiB").wait_until_ready()


def start_store(folder, ingest, database, name):
    return goflow.Store(
        folder, ingest.endpoint, name=name, place=place(),
        ch_addr=f"127.0.0.1:{database.http_port}", block_age="100ms").wait_until_ready()


def test_they_share_nothing_but_messages_and_counters(folder):
    database = Database(folder)
    ingest = start_ingest(folder)
    stores = [start_store(folder, ingest, database, name) for name in ("first", "second")]
    tap = process.Process(
        "tap", [*place().prefix, goflow.program("goflow-tap"), f"-connect={ingest.tap}"], folder)
    flows = numbered.Flows(folder)
    with readers(ingest, *stores):
        for turn in range(ROUNDS):
            send(flows, ingest)
            ingest.send(signal.SIGHUP)
            if turn == 0:
                database.kill()
                send(flows, ingest)
                database.start_again()
        flows.check(database.query)
    numbered.check_counters(ingest)
    for program in (tap, ingest, *stores):
        program.stop(STOP_S)


if __name__ == "__main__":
    case.main(globals())
