#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow-ingest alone: sockets or a file in, lines out.
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

PROTOCOLS = ["netflow5", "netflow9", "ipfix", "sflow"]
DATAGRAMS = 500


def console(folder, **settings):
    return goflow.Ingest(folder, transport="console", format="json", **settings).wait_until_ready()


def sums(lines):
    flows = [json.loads(line) for line in lines]
    return {"flows": len(flows), "bytes": sum(flow.get("Bytes", 0) for flow in flows),
            "packets": sum(flow.get("Packets", 0) for flow in flows)}


def check_sums(found, sent, what):
    case.equal(found, {key: sent[key] for key in found}, what)


def received(ingest):
    return ingest.metrics().sum("goflow_receive_datagrams_total")


def test_every_flow_sent_is_a_line_and_a_stop_loses_none(folder):
    for protocol in PROTOCOLS:
        ingest = console(folder, name=protocol, workers=2)
        sent = ingest.replay(f"-synthetic={protocol}", f"-count={DATAGRAMS}", "-pps=20000",
                             "-exporters=8")
        ingest.stop()
        check_sums(sums(ingest.stdout.splitlines()), sent, protocol)


def test_one_exporter_is_one_workers_and_all_ports_take_all_protocols(folder):
    port = process.free_ports()
    ingest = console(folder, workers=4, nfl=True, nfl_addr="127.0.0.1", nfl_port=port)
    for protocol in PROTOCOLS:
        goflow.replay(folder, f"-synthetic={protocol}", f"-count={DATAGRAMS}", "-pps=20000",
                      "-exporters=20", f"-target=127.0.0.1:{port}")
    case.wait_until_equal(
        lambda: received(ingest), len(PROTOCOLS) * DATAGRAMS, 30, "datagrams received")
    page = ingest.metrics()
    case.equal(page.sum("goflow_decode_dropped_total"), 0, "dropped")
    case.equal(page.sum("goflow_receive_decoded_total", result="ok"),
               len(PROTOCOLS) * DATAGRAMS, "decoded without a fault")
    case.equal(page.sum("flow_traffic_packets", type="sFlow"), DATAGRAMS, "sFlow datagrams")
    templates = json.loads(ingest.get("/templates"))
    case.equal(len(templates), 20, "exporters with templates")
    ingest.stop()


def test_a_file_gives_what_sockets_give(folder):
    for protocol in PROTOCOLS:
        path = folder / f"{protocol}.pcap"
        sent = goflow.replay(folder, f"-synthetic={protocol}", f"-count={DATAGRAMS}",
                             "-exporters=8", f"-write={path}")
        done = process.check("read", [goflow.program("goflow-ingest"), f"-read={path}",
                                      "-transport=console", "-format=json"], folder, 60)
        check_sums(sums(done.stdout.splitlines()), sent, protocol)
        case.true(f"datagrams={DATAGRAMS}" in done.stderr, f"{protocol}: {done.stderr}")


def test_a_file_that_cannot_be_read_is_said_and_fails(folder):
    path = folder / "not-a-capture"
    path.write_bytes(b"no capture at all")
    for name in (path, folder / "nowhere"):
        done = process.run("read", [goflow.program("goflow-ingest"), f"-read={name}",
                                    "-transport=console"], folder, seconds=60)
        case.equal(done.child.returncode, 1, f"{name}: status")
        case.equal(len(done.stderr.splitlines()), 1, f"{name}: lines on stderr: {done.stderr}")


def test_the_kernels_drops_are_counted(folder):
    ingest = console(folder, udp_rcvbuf="4KiB")
    sent = ingest.replay("-synthetic=netflow5", "-count=20000")
    case.wait_until_equal(
        lambda: received(ingest) + ingest.metrics().sum("goflow_receive_kernel_drops_total"),
        sent["datagrams"], 30, "received and dropped")
    ingest.stop()


if __name__ == "__main__":
    case.main(globals())
