#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the consumers of docs/consumers read a real tap.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

DEBIANS_PYTHON = "/usr/bin/python3"  # the one for which python3-zmq and python3-protobuf are
CONSUMERS = case.ROOT / "docs" / "consumers"
PROTOBUF = f"--proto_path={case.ROOT}/proto"


def check_consumer(folder, command):
    """It prints a line for each flow sent, with the flow's bytes."""
    ingest = goflow.Ingest(folder, transport="zmq", stop_timeout="0").wait_until_ready()
    consumer = process.Process("consumer", [*command, ingest.tap], folder)
    consumer.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") >= 1, 20, "subscribes")
    sent = {"flows": 0, "bytes": 0}
    for protocol in ("netflow9", "sflow"):
        replayed = ingest.replay(f"-synthetic={protocol}", "-count=50", "-pps=1000")
        sent = {key: sent[key] + replayed[key] for key in sent}
    consumer.until(lambda: len(consumer.stdout.splitlines()) >= sent["flows"], 20, "prints flows")
    lines = [line.split() for line in consumer.stdout.splitlines()]
    case.equal(len(lines), sent["flows"], "lines")
    case.equal(sum(int(line[2]) for line in lines), sent["bytes"], "bytes")
    case.true(all("." in line[0] or ":" in line[0] for line in lines), f"addresses: {lines[0]}")
    consumer.kill()
    ingest.stop(status=goflow.LOST)


def test_the_python_consumer_prints_every_flow(folder):
    process.check("protoc", ["protoc", PROTOBUF, f"--python_out={folder}", "flow.proto"], folder)
    script = folder / "tap_consumer.py"
    script.write_text((CONSUMERS / "tap_consumer.py").read_text())
    check_consumer(folder, [DEBIANS_PYTHON, script])


def test_the_c_consumer_prints_every_flow(folder):
    process.check("protoc", ["protoc-c", PROTOBUF, f"--c_out={folder}", "flow.proto"], folder)
    process.check(
        "cc", ["cc", "-Wall", "-Werror", f"-I{folder}", CONSUMERS / "tap_consumer.c",
               folder / "flow.pb-c.c", "-lzmq", "-lprotobuf-c", "-o", folder / "tap_consumer"],
        folder)
    check_consumer(folder, [folder / "tap_consumer"])


def test_the_python_consumer_is_short(folder):
    del folder
    lines = (CONSUMERS / "tap_consumer.py").read_text().splitlines()
    case.true(len(lines) <= 20, f"{len(lines)} lines")


if __name__ == "__main__":
    case.main(globals())
