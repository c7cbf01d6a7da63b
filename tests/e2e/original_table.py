#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the original's table takes our rows as it is.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exporter_programs  # noqa: E402
import goflow  # noqa: E402
import traffic  # noqa: E402

ORIGINAL_TABLE = """
CREATE TABLE original (
    TimeReceived DateTime CODEC(Delta, ZSTD),
    TimeFlowStart DateTime CODEC(Delta, ZSTD),
    TimeFlowEnd DateTime CODEC(Delta, ZSTD),
    Bytes UInt64, Etype UInt32, Packets UInt32, SrcAddr IPv4, DstAddr IPv4,
    SrcPort UInt32, DstPort UInt32, Proto UInt32, SrcMac UInt64, DstMac UInt64,
    SrcVlan UInt32, DstVlan UInt32, VlanId UInt32, FlowType UInt8
) ENGINE = MergeTree ORDER BY (TimeReceived, SrcAddr, SrcPort, DstAddr, DstPort)
TTL TimeReceived + INTERVAL 18 WEEK PARTITION BY toYYYYMMDD(TimeReceived)
"""

SUMS = """
SELECT toString(SrcAddr) AS src, toString(DstAddr) AS dst, Proto AS proto,
    if(Proto = 1, 0, SrcPort) AS sport, if(Proto = 1, 0, DstPort) AS dport,
    sum(Packets) AS packets, sum(Bytes) AS bytes
FROM original GROUP BY src, dst, proto, sport, dport
"""


def sums(store):
    return {
        (row["src"], row["dst"], row["proto"], row["sport"], row["dport"]):
            (row["packets"], row["bytes"])
        for row in store.query(SUMS)
    }


def make_table(folder):
    """The table as an earlier process left it in the engine's folder."""
    store = goflow.Store(folder, f"ipc://{folder}/nobody.ipc", name="before",
                         ch_path=folder / "data").wait_until_ready()
    store.query(ORIGINAL_TABLE)
    columns = store.query("DESCRIBE TABLE original")
    store.stop()
    return columns


def test_accepts_our_rows_and_is_not_altered(folder):
    columns = make_table(folder)
    line = goflow.Line(folder, store={"ch_table": "original", "ch_path": folder / "data"})
    sessions = traffic.sessions(seed=7, with_v6=False)
    traffic.write_pcap(folder / "traffic.pcap", traffic.packets(sessions, seed=7))
    exporter_programs.softflowd(folder, folder / "traffic.pcap", line.ingest.port, version=9)
    case.wait_until_equal(
        lambda: sums(line.store), traffic.totals(sessions), 30, "(packets, bytes) in table")
    types = line.store.query("SELECT DISTINCT FlowType AS t FROM original")
    case.equal(types, [{"t": 3}], "FlowType of NetFlow 9")
    recent = line.store.value("count()", "abs(dateDiff('minute', TimeFlowStart, now())) > 60")
    case.equal(recent, 0, "rows whose start is not of this hour")
    case.equal(line.store.query("DESCRIBE TABLE original"), columns, "columns of the user's table")
    line.stop()


def test_says_once_that_delivery_is_at_least_once(folder):
    make_table(folder)
    line = goflow.Line(folder, store={"ch_table": "original", "ch_path": folder / "data"})
    line.store.until(
        lambda: "at least once" in line.store.stderr.replace("-", " "), 20,
        "no warning that the table lacks IngestID and BatchSequence")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
