#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- real exporters' traffic in the table equals the capture.
"""softflowd and pmacct export a capture; sums by address and port must come out of the table."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import exporter_programs  # noqa: E402
import goflow  # noqa: E402
import traffic  # noqa: E402

ARRIVE_S = 30
FRAME_OVERHEAD = traffic.ETHERNET_SIZE + 4  # sFlow counts the frame with its checksum

# What somebody with an old server may have made: plain types, and only what interests him.
PLAIN_TABLE = """
CREATE TABLE netflow (
    TimeReceived DateTime, Type UInt8, SamplingRate UInt64, SamplerAddress String,
    SrcAddr String, DstAddr String, Proto UInt8, SrcPort UInt16, DstPort UInt16,
    Bytes UInt64, Packets UInt64
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""

# Exporters disagree about what the ports of ICMP are: left out. A rate of 0 is unknown: 1.
SUMS = """
SELECT toString(SrcAddr) AS src, toString(DstAddr) AS dst, Proto AS proto,
    if(Proto IN (1, 58), 0, SrcPort) AS sport, if(Proto IN (1, 58), 0, DstPort) AS dport,
    sum(Packets * greatest(SamplingRate, 1)) AS packets,
    sum(Bytes * greatest(SamplingRate, 1)) AS bytes
FROM netflow GROUP BY src, dst, proto, sport, dport
"""


class Embedded:
    """The line with the embedded engine."""

    def __init__(self, folder):
        self.line = goflow.Line(folder)
        self.ingest = self.line.ingest
        self.query = self.line.store.query

    def stop(self):
        self.line.stop()


class OldServer:
    """The line with Debian's ClickHouse over HTTP, into a table of the user's."""

    def __init__(self, folder):
        self.server = clickhouse.Server(folder, password="se cret")
        self.query = self.server.query
        self.query(PLAIN_TABLE)
        self.ingest = goflow.Ingest(folder)
        (folder / "password").write_text("se cret\n")
        self.store = goflow.Store(
            folder, self.ingest.endpoint, ch_addr="127.0.0.1", ch_port=self.server.http_port,
            ch_password_file=folder / "password")
        self.ingest.wait_until_ready()
        self.store.wait_until_ready()

    def stop(self):
        self.ingest.stop()
        self.store.stop()


def sums(query):
    return {
        (row["src"], row["dst"], row["proto"], row["sport"], row["dport"]):
            (row["packets"], row["bytes"])
        for row in query(SUMS)
    }


def write_capture(folder, seed, with_v6=True):
    sessions = traffic.sessions(seed, with_v6=with_v6)
    traffic.write_pcap(folder / "traffic.pcap", traffic.packets(sessions, seed))
    return folder / "traffic.pcap", sessions


def check_softflowd(folder, line_class, version):
    capture, sessions = write_capture(folder, seed=version, with_v6=version != 5)
    line = line_class(folder)
    exporter_programs.softflowd(folder, capture, line.ingest.port, version)
    case.wait_until_equal(
        lambda: sums(line.query), traffic.totals(sessions), ARRIVE_S, "(packets, bytes) in table")
    line.stop()


def check_sfprobe(folder, line_class):
    capture, sessions = write_capture(folder, seed=6343)
    line = line_class(folder)
    exporter_programs.sfprobe(folder, capture, line.ingest.port)
    case.wait_until_equal(
        lambda: sums(line.query), traffic.totals(sessions, FRAME_OVERHEAD), ARRIVE_S,
        "(packets, bytes) in table")
    samplers = line.query("SELECT DISTINCT toString(SamplerAddress) AS address FROM netflow")
    case.equal(samplers, [{"address": "192.0.2.200"}], "exporters in table")
    line.stop()


def test_softflowd_netflow5_embedded(folder):
    check_softflowd(folder, Embedded, 5)


def test_softflowd_netflow9_embedded(folder):
    check_softflowd(folder, Embedded, 9)


def test_softflowd_ipfix_embedded(folder):
    check_softflowd(folder, Embedded, 10)


def test_sfprobe_embedded(folder):
    check_sfprobe(folder, Embedded)


def test_softflowd_netflow5_server(folder):
    check_softflowd(folder, OldServer, 5)


def test_softflowd_netflow9_server(folder):
    check_softflowd(folder, OldServer, 9)


def test_softflowd_ipfix_server(folder):
    check_softflowd(folder, OldServer, 10)


def test_sfprobe_server(folder):
    check_sfprobe(folder, OldServer)


def check_sampled(folder, export, sampling, check_metrics=lambda page, sent: None):
    """Every row knows the rate, and what was seen times the rate is near what was there."""
    capture, sessions = write_capture(folder, seed=sampling)
    sent = sum(len(session.sizes) for session in sessions)
    line = Embedded(folder)
    export(folder, capture, line.ingest.port, sampling=sampling)
    scaled = "SELECT sum(Packets * SamplingRate) AS packets FROM netflow"
    case.wait_for(
        lambda: abs(line.query(scaled)[0]["packets"] - sent) < sent / 4, ARRIVE_S,
        f"about {sent} packets after scaling")
    rates = line.query("SELECT DISTINCT SamplingRate AS rate FROM netflow")
    case.equal(rates, [{"rate": sampling}], "sampling rates in table")
    check_metrics(line.ingest.metrics(), sent)
    line.stop()


def test_sampled_netflow9_scales(folder):
    check_sampled(
        folder,
        lambda *where, **how: exporter_programs.softflowd(*where, version=9, **how), sampling=5)


def test_sampled_ipfix_scales(folder):
    check_sampled(
        folder,
        lambda *where, **how: exporter_programs.softflowd(*where, version=10, **how), sampling=4)


def test_sampled_sflow_scales(folder):
    def check_samples(page, sent):
        """None is missing, and the pool is what passed since the first sample."""
        case.true("goflow_sflow_samples_lost_total" not in page.names(), "samples were lost")
        pool = page.sum("goflow_sflow_pool_packets_total", type="flow")
        case.true(sent * 0.9 < pool <= sent, f"a pool of {pool} packets, of {sent} that passed")

    check_sampled(folder, exporter_programs.sfprobe, 3, check_samples)


if __name__ == "__main__":
    case.main(globals())
