#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the operator's sampling rates, read again on SIGHUP.
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


def console(folder, **settings):
    return goflow.Ingest(folder, transport="console", format="json", **settings).wait_until_ready()


def last_flow(ingest):
    lines = ingest.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def send_until(ingest, datagram, rate):
    """Sends again and again: when a signal has been acted on cannot be seen from outside."""

    def is_rate():
        exports.send(ingest.port, datagram)
        return last_flow(ingest).get("SamplingRate", 0) == rate

    case.wait_for(is_rate, 20, f"rate {rate}")


def test_rates_are_read_again_on_sighup_and_a_wrong_map_changes_nothing(folder):
    path = folder / "rates"
    path.write_text("127.0.0.0/8 1000\n203.0.113.1 40 override\n")
    ingest = console(folder, workers=2, sampling_map=path)
    netflow = exports.netflow9(1, exports.template(), exports.data([(100, 1)]))
    send_until(ingest, netflow, 1000)
    send_until(ingest, exports.sflow_sample(512), 40)
    path.write_text("127.0.0.1 nothing\n")
    ingest.send(signal.SIGHUP)
    case.wait_for(lambda: "line=1" in ingest.stderr, 20, "a complaint about line 1")
    send_until(ingest, netflow, 1000)
    path.write_text("127.0.0.1 2000\n")
    ingest.send(signal.SIGHUP)
    send_until(ingest, netflow, 2000)
    send_until(ingest, exports.sflow_sample(512), 512)
    ingest.stop()


def test_sighup_without_a_file_is_said_and_ends_nothing(folder):
    ingest = console(folder)
    ingest.send(signal.SIGHUP)
    case.wait_for(lambda: "nothing to read again" in ingest.stderr, 20, "a line in the log")
    send_until(ingest, exports.sflow_sample(512), 512)
    ingest.stop()


def test_a_wrong_map_at_the_start_is_refused_with_its_line(folder):
    path = folder / "rates"
    path.write_text("# rates\n192.0.2.0/24 1000\n192.0.2.0/33 1\n")
    done = process.run("ingest", [goflow.program("goflow-ingest"), f"-sampling.map={path}",
                                  "-nf.port=0", "-nfl=false", "-sflow=false", "-metrics.addr=",
                                  "-transport=none"], folder)
    case.equal(done.child.returncode, 1, "status")
    case.equal(len(done.stderr.splitlines()), 1, done.stderr)
    case.true("line=3" in done.stderr, done.stderr)


if __name__ == "__main__":
    case.main(globals())
