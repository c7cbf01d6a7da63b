#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the original's metrics: names, types, labels and values.
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

COUNT = 60
NAMES = {"netflow5": "NetFlowV5", "netflow9": "NetFlow", "ipfix": "NetFlow", "sflow": "sFlow"}
EXPORTERS = ["127.0.0.2", "127.0.0.3"]

TRAFFIC = {"remote_ip", "remote_port", "local_ip", "local_port", "type"}
NETFLOW_SETS = {"router", "version", "type"}
SFLOW_SAMPLES = {"router", "agent", "version", "type"}
FAMILIES = {
    "flow_traffic_bytes": ("counter", TRAFFIC),
    "flow_traffic_packets": ("counter", TRAFFIC),
    "flow_traffic_summary_size_bytes": ("summary", TRAFFIC),
    "flow_decoder_count": ("counter", {"worker", "name"}),
    "flow_decoder_error_count": ("counter", {"worker", "name"}),
    "flow_summary_decoding_time_us": ("summary", {"name"}),
    "flow_summary_processing_time_us": ("summary", {"name"}),
    "flow_process_nf_count": ("counter", {"router", "version"}),
    "flow_process_nf_errors_count": ("counter", {"router", "error"}),
    "flow_process_nf_flowset_records_sum": ("counter", NETFLOW_SETS),
    "flow_process_nf_flowset_sum": ("counter", NETFLOW_SETS),
    "flow_process_nf_delay_summary_seconds": ("summary", {"router", "version"}),
    "flow_process_nf_templates_count": (
        "counter", {"router", "version", "obs_domain_id", "template_id", "type"}),
    "flow_process_sf_count": ("counter", {"router", "agent", "version"}),
    "flow_process_sf_errors_count": ("counter", {"router", "error"}),
    "flow_process_sf_samples_sum": ("counter", SFLOW_SAMPLES),
    "flow_process_sf_samples_records_sum": ("counter", SFLOW_SAMPLES),
}
QUANTILES = ["0.5", "0.9", "0.99"]


def netflow9(*sets, domain=5):
    return struct.pack(">HHIIII", 9, len(sets), 1000, 1000, 1, domain) + b"".join(sets)


def ipfix(*sets):
    return struct.pack(">HHIII", 10, 16 + sum(map(len, sets)), 1000, 1, 5) + b"".join(sets)


def data_set(number, body=b"", length=None):
    return struct.pack(">HH", number, length or 4 + len(body)) + body


def sflow(*samples, version=5, address_type=1, claimed=None):
    count = len(samples) if claimed is None else claimed
    return struct.pack(">II4sIIII", version, address_type, bytes([192, 0, 2, 1]), 0, 1, 1000,
                       count) + b"".join(samples)


OPTIONS_TEMPLATE = struct.pack(">HHHHHHH", 300, 4, 4, 1, 4, 34, 4)
# What each provokes; all have a reason of their own.
FAULTS = {
    ("nf", "error_version"): b"\0\x08" + bytes(30),
    ("nf", "template_not_found"): netflow9(data_set(999, bytes(8)), domain=6),
    ("nf", "error_flow_id"): ipfix(data_set(77)),
    ("nf", "error_decoding"): netflow9(data_set(300, bytes(8), length=3)),
    ("sf", "error_version"): sflow(version=4),
    ("sf", "error_ip_version"): sflow(address_type=9),
    ("sf", "error_data_format"): sflow(struct.pack(">II", 4711, 0)),
    ("sf", "error_decoding"): sflow(claimed=1),
}


def send(port, *datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for data in datagrams:
            sender.sendto(data, ("127.0.0.1", port))


class Run:
    """An ingest that has seen all protocols, an options template, and every fault once."""

    def __init__(self, folder, **settings):
        self.ingest = goflow.Ingest(folder, transport="none", **settings).wait_until_ready()
        self.sent = {
            protocol: self.ingest.replay(
                f"-synthetic={protocol}", f"-count={COUNT}", "-pps=5000", "-exporters=2")
            for protocol in NAMES
        }
        send(self.ingest.port, netflow9(data_set(1, OPTIONS_TEMPLATE)), *FAULTS.values())
        self.datagrams = COUNT * len(NAMES) + 1 + len(FAULTS)
        case.wait_until_equal(
            lambda: self.ingest.metrics().sum("goflow_receive_datagrams_total"), self.datagrams, 30,
            "datagrams received")
        self.text = self.ingest.get("/metrics")
        self.page = goflow.Metrics(self.text)


def test_families_have_the_originals_types_and_labels(folder):
    run = Run(folder)
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", run.text, re.MULTILINE))
    for name, (kind, labels) in FAMILIES.items():
        case.equal(types.get(name), kind, f"type of {name}")
        allowed = labels | {"quantile"} if kind == "summary" else labels
        samples = run.page.find(name)
        case.true(samples, f"{name} has no sample")
        for found, _ in samples:
            case.equal(set(found), allowed, f"labels of {name}")
    run.ingest.stop()


def test_summaries_have_quantiles_sum_and_count(folder):
    run = Run(folder)
    for name in (name for name, (kind, _) in FAMILIES.items() if kind == "summary"):
        found = sorted({labels["quantile"] for labels, _ in run.page.find(name)})
        case.equal(found, QUANTILES, f"quantiles of {name}")
        values = [value for _, value in run.page.find(name)]
        for series in (values[at:at + 3] for at in range(0, len(values), 3)):
            case.true(series == sorted(series), f"{name}: quantiles {series}")
        case.true(run.page.sum(f"{name}_sum") > 0, f"{name}_sum is 0")
    sizes = "flow_traffic_summary_size_bytes"
    case.equal(run.page.sum(f"{sizes}_count"), run.datagrams, f"{sizes}_count")
    run.ingest.stop()


def test_traffic_and_decoders_count_what_was_sent(folder):
    run = Run(folder)
    page = run.page
    for kind in set(NAMES.values()):
        protocols = [protocol for protocol, name in NAMES.items() if name == kind]
        octets = sum(run.sent[protocol]["payload_bytes"] for protocol in protocols)
        datagrams = COUNT * len(protocols)
        found = {"packets": 0, "bytes": 0}
        for exporter in EXPORTERS:
            labels = {"type": kind, "remote_ip": exporter, "remote_port": "",
                      "local_ip": "127.0.0.1", "local_port": str(run.ingest.port)}
            found["packets"] += page.sum("flow_traffic_packets", **labels)
            found["bytes"] += page.sum("flow_traffic_bytes", **labels)
        case.equal(found, {"packets": datagrams, "bytes": octets}, kind)
    # Data that waits for its template is no fault, nor are formats that are not read.
    faults = {"NetFlow": 3, "sFlow": 3, "NetFlowV5": 0}
    case.equal(page.by("flow_decoder_error_count", "name"), faults, "faults by decoder")
    case.equal(page.sum("flow_decoder_count"), run.datagrams, "datagrams decoded")
    for name in ("decoding", "processing"):
        case.equal(page.sum(f"flow_summary_{name}_time_us_count"), run.datagrams, name)
    run.ingest.stop()


def test_exporters_count_what_was_sent(folder):
    run = Run(folder)
    page = run.page
    for protocol, version in (("netflow9", "9"), ("ipfix", "10")):
        sent = sum(page.sum("flow_process_nf_count", version=version, router=router)
                   for router in EXPORTERS)
        case.equal(sent, COUNT, f"datagrams of version {version}")
        records = sum(page.sum("flow_process_nf_flowset_records_sum", version=version,
                               router=router, type="DataFlowSet") for router in EXPORTERS)
        case.equal(records, run.sent[protocol]["flows"], f"records of version {version}")
        delays = page.find("flow_process_nf_delay_summary_seconds", version=version,
                           router=EXPORTERS[0])
        case.true(all(0 <= delay < 60 for _, delay in delays), f"delays: {delays}")
        for router in EXPORTERS:
            announced = page.sum("flow_process_nf_templates_count", router=router, version=version,
                                 template_id="256", type="template")
            case.true(announced >= 1, f"template 256 of {router}: {announced}")
    case.equal(page.sum("flow_process_nf_templates_count", obs_domain_id="5", template_id="300",
                        type="options_template", router="127.0.0.1", version="9"), 1, "options")
    case.equal(page.sum("flow_process_nf_flowset_sum", type="OptionsTemplateFlowSet"), 1, "sets")
    samples = sum(page.sum("flow_process_sf_samples_sum", router=router, agent=router, version="5",
                           type="FlowSample") for router in EXPORTERS)
    case.equal(samples, run.sent["sflow"]["flows"], "flow samples")
    case.true(page.sum("flow_process_sf_samples_records_sum", type="FlowSample") >= samples,
              "fewer records than samples")
    run.ingest.stop()


def test_each_fault_has_the_originals_name(folder):
    run = Run(folder)
    for (protocol, error) in FAULTS:
        name = f"flow_process_{protocol}_errors_count"
        case.equal(run.page.sum(name, router="127.0.0.1", error=error), 1, f"{name} {error}")
    case.equal(run.page.sum("flow_process_nf_errors_count"), 4, "NetFlow faults")
    case.equal(run.page.sum("flow_process_sf_errors_count"), 4, "sFlow faults")
    run.ingest.stop()


def test_remote_ports_are_told_when_asked_for(folder):
    run = Run(folder, metrics_remoteport=True)
    ports = run.page.by("flow_traffic_packets", "remote_port")
    case.true("" not in ports and len(ports) >= len(EXPORTERS), f"remote ports: {ports}")
    case.equal(run.page.sum("flow_traffic_packets"), run.datagrams, "packets")
    run.ingest.stop()


def test_labels_are_bounded(folder):
    ingest = goflow.Ingest(folder, transport="none").wait_until_ready()
    sent = ingest.replay("-synthetic=netflow9", "-count=3000", "-pps=10000", "-exporters=1000")
    templates = (struct.pack(">HHHH", 256 + number, 1, 1, 4) for number in range(2000))
    send(ingest.port, netflow9(data_set(0, b"".join(templates))))
    datagrams = sent["datagrams"] + 1
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_datagrams_total"), datagrams, 30,
        "datagrams received")
    page = ingest.metrics()
    for name in ("flow_traffic_packets", "flow_process_nf_count"):
        label = "remote_ip" if "traffic" in name else "router"
        exporters = page.by(name, label)
        case.true(len(exporters) <= 257 and exporters["other"] > 0, f"{name}: {len(exporters)}")
        case.equal(sum(exporters.values()), datagrams, name)
    templates = page.find("flow_process_nf_templates_count")
    case.equal(len(templates), 1024, "templates")
    case.true(page.sum("flow_process_nf_templates_count", router="other") > 0, "none is other")
    ingest.stop()


def test_promtool_has_no_objection_to_new_names(folder):
    run = Run(folder)
    done = subprocess.run(["promtool", "check", "metrics"], input=run.text.encode(),
                          capture_output=True, check=False)
    case.true(done.returncode in (0, 3), f"the page cannot be parsed: {done.stderr.decode()}")
    lines = (done.stdout + done.stderr).decode().splitlines()
    objections = [line for line in lines if not line.startswith("flow_")]  # the original's names
    case.equal(objections, [], "objections")
    run.ingest.stop()


def ask_prometheus(port, expression):
    query = urllib.parse.urlencode({"query": expression})
    answer = goflow.document(port, f"/api/v1/query?{query}")
    results = json.loads(answer)["data"]["result"] if answer else []
    return {json.dumps(result["metric"]): float(result["value"][1]) for result in results}


def test_prometheus_scrapes_the_page(folder):
    run = Run(folder)
    port = process.free_ports()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs: [{job_name: goflow, static_configs: "
        f"[{{targets: ['127.0.0.1:{run.ingest.metrics_port}']}}]}}]\n")
    prometheus = process.Process("prometheus", [
        "prometheus", f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"], folder)
    prometheus.until(lambda: 1.0 in ask_prometheus(port, "up").values(), 60, "has scraped")
    values = ask_prometheus(port, "sum(flow_traffic_packets)").values()
    case.equal(list(values), [run.datagrams], "packets as Prometheus sums them up")
    prometheus.stop()
    run.ingest.stop()


def test_templates_are_by_router_version_domain_and_id(folder):
    run = Run(folder)
    document = json.loads(run.ingest.get("/templates"))
    case.equal(sorted(document), ["127.0.0.1", *EXPORTERS], "routers")
    case.equal(sorted(document[EXPORTERS[0]]), ["10", "9"], "versions")
    case.equal(sorted(document["127.0.0.1"]), ["9"], "versions of the options")
    case.equal(sorted(document[EXPORTERS[0]]["9"]["0"]), ["256", "257"], "templates")
    options = document["127.0.0.1"]["9"]["5"]["300"]
    case.equal(options, {"TemplateId": 300, "FieldCount": 2, "Scopes": [{"Type": 1, "Length": 4}],
                         "Options": [{"Type": 34, "Length": 4}]}, "options template")
    run.ingest.stop()


if __name__ == "__main__":
    case.main(globals())
