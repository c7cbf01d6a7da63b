#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- cnetflow, csflow, cnflegacy: the original's tools.
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import messages  # noqa: E402
import process  # noqa: E402

TOOLS = {"cnetflow": ("netflow9", "ipfix"), "csflow": ("sflow",), "cnflegacy": ("netflow5",)}
PORTS = {"cnetflow": "2055", "csflow": "6343", "cnflegacy": "2056"}
COUNT = 200


class Tool(goflow.Daemon):
    def __init__(self, folder, name, **settings):
        self.port = process.free_ports()
        self.folder = folder
        super().__init__(
            name, name, {"addr": "127.0.0.1", "port": self.port, **settings}, folder)

    def replay(self, protocol):
        return goflow.replay(self.folder, f"-synthetic={protocol}", f"-count={COUNT}",
                             "-pps=10000", f"-target=127.0.0.1:{self.port}")


def refused(folder, name, *words, saying):
    done = process.run(name, [goflow.program(name), *words], folder)
    what = f"{name} {' '.join(words)}"
    case.equal(done.child.returncode, 2, f"{what}: status")
    case.equal(len(done.stderr.splitlines()), 1, f"{what}: lines on stderr: {done.stderr}")
    for text in (name, *saying):
        case.true(text in done.stderr, f"{what}: says {done.stderr!r}, without {text!r}")


def sums(flows):
    """What goflow-replay tells of the flows it sent."""
    return {"flows": len(flows), "bytes": sum(flow.get("Bytes", 0) for flow in flows),
            "packets": sum(flow.get("Packets", 0) for flow in flows)}


def check(found, sent, what):
    case.equal(found, {key: sent[key] for key in found}, what)


def test_bad_values_are_refused_in_the_tools_name(folder):
    for name in TOOLS:
        refused(folder, name, "-port=65536", saying=["port", "65535"])
        refused(folder, name, "-addr=nowhere", saying=["-addr", "nowhere"])
        refused(folder, name, "-metrics.path=metrics", saying=["metrics.path"])
        refused(folder, name, "-nf.port=2055", saying=["nf.port"])
        refused(folder, name, "-kafka", "-check", saying=["kafka"])


def test_defaults_are_the_originals(folder):
    for name, port in PORTS.items():
        printed = process.check(name, [goflow.program(name), "-kafka=false", "-print"], folder)
        settings = dict(line.split(" = ") for line in printed.stdout.splitlines() if " = " in line)
        found = {key: settings[key] for key in ("port", "loglevel", "workers", "reuse")}
        case.equal(
            found, {"port": port, "loglevel": "info", "workers": "1", "reuse": "false"}, name)


def test_each_prints_every_flow_of_its_protocol(folder):
    for name, protocols in TOOLS.items():
        for protocol in protocols:
            tool = Tool(folder, name, format="json").wait_until_ready()
            sent = tool.replay(protocol)
            tool.stop()
            flows = [json.loads(line) for line in tool.stdout.splitlines()]
            check(sums(flows), sent, f"{name}, {protocol}")


def test_text_is_one_line_a_flow(folder):
    tool = Tool(folder, "cnetflow").wait_until_ready()
    sent = tool.replay("netflow9")
    tool.stop()
    lines = tool.stdout.splitlines()
    case.equal(len(lines), sent["flows"], "lines")
    case.true(all(line.startswith("Type=3 ") for line in lines), lines[0])


def test_protobuf_is_length_delimited_with_and_without_fixedlen(folder):
    for fixedlen in (True, False):
        tool = Tool(folder, "cnetflow", format="protobuf", proto_fixedlen=fixedlen)
        sent = tool.wait_until_ready().replay("ipfix")
        tool.stop()
        flows = messages.delimited(tool.paths["out"].read_bytes())
        check(sums(flows), sent, f"-proto.fixedlen={fixedlen}")


def test_goflow_ingest_writes_the_same_protobuf(folder):
    ingest = goflow.Ingest(folder, transport="console", format="protobuf", proto_fixedlen=True)
    sent = ingest.wait_until_ready().replay("-synthetic=sflow", f"-count={COUNT}", "-pps=10000")
    ingest.stop()
    check(sums(messages.delimited(ingest.paths["out"].read_bytes())), sent, "sflow")


def test_metrics_and_templates_are_served(folder):
    tool = Tool(folder, "cnetflow").wait_until_ready()
    sent = tool.replay("netflow9")
    case.wait_until_equal(lambda: tool.metrics().sum("goflow_flows_total"), sent["flows"], 20,
                          "flows decoded")
    case.true(json.loads(tool.get("/templates")), "no templates")
    tool.stop()


if __name__ == "__main__":
    case.main(globals())
