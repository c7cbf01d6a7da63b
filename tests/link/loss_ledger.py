#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the loss ledger when flows are lost: whose they were.
"""
Exporters that send differently, and nobody who takes their flows until window or spool are full.
For each of them accepted = stored + dropped then, by the query of the document, and for all
together the ledger and the metrics say the same.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

ARRIVE_S = 120
SMALL = "1MiB"
# Of three exporters in turns, and of a fourth.
EXPORTS = [
    ("-synthetic=netflow5", "-count=600", "-exporters=3"),
    ("-synthetic=ipfix", "-count=300"),
    ("-synthetic=netflow5", "-count=300", "-exporters=3"),
]


def completeness(store):
    """{exporter: row} by the query of the document."""
    text = (case.ROOT / "docs" / "records.md").read_text()
    query = re.search(r"^```sql\n(.*?)^```$", text, re.M | re.S)[1]
    rows = {}
    for row in store.query(query.replace("yesterday()", "today()")):
        sums = rows.setdefault(row["SamplerAddress"], {})
        for name in row:
            if name.startswith("Flows"):
                sums[name] = sums.get(name, 0) + row[name]
    return rows


def send_more_than_fits(ingest):
    """Returns how many flows, all of them accepted."""
    sent = sum(ingest.replay(*words, "-pps=2000")["flows"] for words in EXPORTS)
    case.wait_until_equal(lambda: numbered.accepted(ingest), sent, ARRIVE_S, "flows accepted")
    return sent


def check_ledger(folder, reason, **settings):
    ingest = goflow.Ingest(
        folder, workers=2, batch_flows=200, window_bytes=SMALL, stop_timeout=f"{ARRIVE_S}s",
        **settings).wait_until_ready()
    sent = send_more_than_fits(ingest)
    dropped = ingest.metrics().sum("goflow_link_flows_dropped_total")
    case.equal(
        ingest.metrics().sum("goflow_link_flows_dropped_total", reason=reason), dropped, reason)
    case.true(0 < dropped < sent, f"{dropped} of {sent} dropped")
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_waiting"), 0, ARRIVE_S, "flows waiting")
    ingest.stop()
    rows = completeness(store)
    case.equal(len(rows), 4, f"exporters {sorted(rows)}")
    for exporter, row in rows.items():
        case.equal(row["FlowsAccepted"], row["FlowsRead"], f"accepted of {exporter}")
        case.equal(row["FlowsWaiting"], 0, f"waiting of {exporter}: {row}")
        case.true(row["FlowsDropped"] > 0, f"nothing of {exporter} was dropped")
    case.equal(sum(row["FlowsAccepted"] for row in rows.values()), sent, "accepted of all")
    case.equal(sum(row["FlowsDropped"] for row in rows.values()), dropped, "dropped of all")
    case.equal(sum(row["FlowsStored"] for row in rows.values()), store.rows(), "stored of all")
    store.stop()
    return rows


def test_what_a_full_window_drops_is_its_exporters(folder):
    rows = check_ledger(folder, "window")
    case.equal(sum(row["FlowsSpooled"] for row in rows.values()), 0, "spooled without a spool")


def test_what_a_full_spool_drops_is_its_exporters(folder):
    rows = check_ledger(folder, "spool", spool_dir=folder / "spool", spool_bytes=SMALL)
    for exporter, row in rows.items():
        case.equal(row["FlowsSpooled"], row["FlowsAccepted"], f"spooled of {exporter}")


if __name__ == "__main__":
    case.main(globals())
