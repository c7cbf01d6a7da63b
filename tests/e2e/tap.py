#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow-tap: formats, filter, limits, talkers, a stuck one.
import json
import os
import pathlib
import pty
import re
import select
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import messages  # noqa: E402
import process  # noqa: E402

COUNT = 100
TCP = 6


def start_ingest(folder, name="ingest", **settings):
    return goflow.Ingest(folder, name=name, stop_timeout="0", **settings).wait_until_ready()


def start_tap(folder, *ingests, name="tap", words=()):
    """A tap that the ingests know of: nothing sent from now on passes it by."""
    endpoints = ",".join(ingest.tap for ingest in ingests)
    tap = process.Process(
        name, [goflow.program("goflow-tap"), f"-connect={endpoints}", *words], folder)
    for ingest in ingests:
        tap.until(lambda ingest=ingest: ingest.metrics().sum("goflow_tap_subscriptions") >= 1, 20,
                  "subscribes")
    return tap


def lines(tap):
    return tap.stdout.splitlines()


def sums(flows):
    return {"flows": len(flows), "bytes": sum(flow.get("Bytes", 0) for flow in flows),
            "packets": sum(flow.get("Packets", 0) for flow in flows)}


def check(found, sent, what):
    case.equal(found, {key: sent[key] for key in found}, what)


def test_a_bad_filter_is_refused(folder):
    for words in (["-filter=proto=tcp and"], ["-filter=dst net 10.0.0.0/33", "-check"]):
        done = process.run("tap", [goflow.program("goflow-tap"), *words], folder)
        case.equal(done.child.returncode, 2, f"status of {words}")
        case.equal(len(done.stderr.splitlines()), 1, f"lines on stderr: {done.stderr}")
        case.true("-filter" in done.stderr, done.stderr)


def test_all_formats_have_every_flow(folder):
    ingest = start_ingest(folder)
    for name in ("text", "json", "protobuf"):
        tap = start_tap(folder, ingest, name=name, words=[f"-format={name}"])
        sent = ingest.replay("-synthetic=ipfix", f"-count={COUNT}", "-pps=2000")
        if name == "protobuf":
            stream = tap.paths["out"].read_bytes
            tap.until(lambda: len(messages.delimited(whole(stream()))) >= sent["flows"], 20, "flows")
            check(sums(messages.delimited(stream())), sent, name)
        else:
            tap.until(lambda tap=tap: len(lines(tap)) >= sent["flows"], 20, "flows")
            case.equal(len(lines(tap)), sent["flows"], name)
        if name == "json":
            check(sums([json.loads(line) for line in lines(tap)]), sent, name)
        tap.stop()
        case.wait_until_equal(
            lambda: ingest.metrics().sum("goflow_tap_subscriptions"), 0, 20, "subscriptions")
    ingest.stop(status=goflow.LOST)


def whole(stream):
    """The stream up to its last whole message."""
    at = 0
    while at < len(stream):
        try:
            size, start = messages.varint(stream, at)
        except IndexError:
            break
        if start + size > len(stream):
            break
        at = start + size
    return stream[:at]


def test_a_filter_lets_through_what_it_says(folder):
    path = folder / "flows.pcap"
    goflow.replay(folder, "-synthetic=netflow9", f"-count={COUNT}", f"-write={path}")
    read = process.check("read", [goflow.program("goflow-ingest"), f"-read={path}",
                                  "-transport=console", "-format=json"], folder)
    flows = [json.loads(line) for line in read.stdout.splitlines()]
    wanted = [flow for flow in flows
              if flow.get("Proto") == TCP and flow["DstAddr"].startswith("10.")]
    case.true(0 < len(wanted) < len(flows), f"{len(wanted)} of {len(flows)} match: no test")
    ingest = start_ingest(folder)
    tap = start_tap(folder, ingest, words=[
        "-format=json", "-filter=proto=tcp and dst net 10.0.0.0/8", f"-n={len(wanted)}"])
    ingest.replay(path, "-pps=2000")
    case.equal(tap.wait(20), 0, "status")
    case.equal(sums([json.loads(line) for line in lines(tap)]), sums(wanted), "filtered")
    ingest.stop(status=goflow.LOST)


def test_one_tap_listens_to_several_ingests(folder):
    ingests = [start_ingest(folder, name=name) for name in ("east", "west")]
    tap = start_tap(folder, *ingests)
    sent = [ingest.replay("-synthetic=netflow5", f"-count={COUNT}", "-pps=2000")
            for ingest in ingests]
    flows = sum(one["flows"] for one in sent)
    tap.until(lambda: len(lines(tap)) >= flows, 20, "has all flows")
    case.equal(len(lines(tap)), flows, "lines")
    tap.stop()
    for ingest in ingests:
        ingest.stop(status=goflow.LOST)


def test_limits_end_it(folder):
    ingest = start_ingest(folder)
    process.check(
        "tap", [goflow.program("goflow-tap"), f"-connect={ingest.tap}", "-duration=300ms"], folder)
    tap = start_tap(folder, ingest, words=["-n=7"])
    ingest.replay("-synthetic=netflow5", f"-count={COUNT}", "-pps=2000")
    case.equal(tap.wait(20), 0, "status with -n")
    case.equal(len(lines(tap)), 7, "lines")
    ingest.stop(status=goflow.LOST)


def test_top_adds_up_the_talkers(folder):
    ingest = start_ingest(folder)
    sent_flows = 30 * COUNT
    tap = start_tap(folder, ingest, words=["-top", "-by=exporter", f"-n={sent_flows}"])
    sent = ingest.replay("-synthetic=netflow5", f"-count={COUNT}", "-pps=2000", "-exporters=3")
    case.equal(sent["flows"], sent_flows, "flows sent")
    case.equal(tap.wait(20), 0, "status")
    last = tap.stdout.strip().split("\n\n")[-1].splitlines()
    case.true(last[0].startswith(f"3 talkers, {sent_flows} flows"), last[0])
    case.equal(last[1].split(), ["SamplerAddress", "bytes", "packets", "flows"], "header")
    rows = [line.split() for line in last[2:]]
    case.equal(sorted(row[0] for row in rows), ["127.0.0.2", "127.0.0.3", "127.0.0.4"], "talkers")
    amounts = [float(row[1]) * {"k": 1e3, "M": 1e6, "G": 1e9}[row[2]] for row in rows]
    case.equal(amounts, sorted(amounts, reverse=True), "order")
    ingest.stop(status=goflow.LOST)


class Terminal:
    """goflow-tap on a terminal of its own."""

    def __init__(self, *words):
        self.text = ""
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execv(goflow.program("goflow-tap"), ["goflow-tap", *words])
        case.at_case_end.append(self.close)

    def read(self, pattern, seconds=20):
        """Reads until the pattern has appeared."""

        def found():
            while select.select([self.file], [], [], 0)[0]:
                try:
                    self.text += os.read(self.file, 65536).decode()
                except OSError:  # the other end is closed
                    break
            return re.search(pattern, self.text)

        case.wait_for(found, seconds, f"{pattern} on the terminal")

    def close(self):
        """The exit status."""
        if self.pid is None:
            return None
        os.kill(self.pid, signal.SIGINT)
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        return os.waitstatus_to_exitcode(status)


def test_top_leaves_the_terminal_as_it_was(folder):
    ingest = start_ingest(folder)
    terminal = Terminal(f"-connect={ingest.tap}", "-top")
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") >= 1, 20, "subscription")
    ingest.replay("-synthetic=netflow5", f"-count={COUNT}", "-pps=2000")
    terminal.read(r"talkers, 3000 flows")
    case.true(terminal.text.startswith("\033[?1049h"), "does not open a screen")
    case.equal(terminal.close(), 0, "status after Ctrl-C")
    terminal.read(r"\033\[\?25h\033\[\?1049l$")
    ingest.stop(status=goflow.LOST)


def count_of_type(tap, kind):
    return sum(f'"Type":{kind},' in line for line in lines(tap))


def test_a_stuck_tap_loses_its_own_messages_only(folder):
    ingest = start_ingest(folder, batch_bytes="64KiB")
    stuck = start_tap(folder, ingest, name="stuck", words=["-format=json"])
    stuck.send(signal.SIGSTOP)
    lively = start_tap(folder, ingest, name="lively", words=["-format=json"])
    warm_up = ["-synthetic=netflow5", "-count=10", "-pps=1000"]
    lively.until(lambda: ingest.replay(*warm_up) and lines(lively), 20, "hears")
    sent = ingest.replay("-synthetic=sflow", "-count=8000", "-pps=4000")
    sflow = 1
    lively.until(lambda: count_of_type(lively, sflow) >= sent["flows"], 30, "has all flows")
    case.equal(count_of_type(lively, sflow), sent["flows"], "flows of the lively tap")
    page = ingest.metrics()
    case.equal(page.sum("goflow_batch_flows_dropped_total"), 0, "flows dropped by the ingest")
    case.equal(page.sum("goflow_link_flows_dropped_total"), 0, "flows dropped by the link")
    stuck.send(signal.SIGCONT)
    stuck.until(lambda: count_of_type(stuck, sflow) > 0, 20, "goes on")
    stuck.stop()
    case.true(count_of_type(stuck, sflow) < sent["flows"], "the stuck tap lost nothing: no test")
    lively.stop()
    ingest.stop(status=goflow.LOST)


if __name__ == "__main__":
    case.main(globals())
