#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what the database refuses for good is kept, whole.
import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402

NOTHING_FITS = "ALTER TABLE netflow ADD CONSTRAINT none CHECK Bytes > 1000000000000"
SUMS = "SELECT count() AS flows, sum(Bytes) AS bytes, sum(Packets) AS packets FROM netflow"


def sums(store):
    return store.query(SUMS)[0]


def expected(sent):
    return {name: sent[name] for name in ("flows", "bytes", "packets")}


def refuse_everything(store):
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_database_up"), 1, 30, "goflow_write_database_up")
    store.query(NOTHING_FITS)


def put_in(store, path):
    """What docs/table.md tells an operator to do with the file."""
    url = f"http://127.0.0.1:{store.sql_port}/?query=INSERT%20INTO%20netflow%20FORMAT%20Native"
    urllib.request.urlopen(url, path.read_bytes(), timeout=60).close()


def test_refused_blocks_can_be_put_in_later(folder):
    dead = folder / "dead"
    line = goflow.Line(folder, store={"deadletter_dir": dead})
    refuse_everything(line.store)
    sent = line.ingest.replay("-synthetic=ipfix", "-count=50")
    case.wait_until_equal(
        lambda: line.store.metrics().sum("goflow_write_rows_rejected_total"),
        sent["flows"], 30, "rows rejected")
    case.equal(sums(line.store)["flows"], 0, "rows in the table")
    line.store.query("ALTER TABLE netflow DROP CONSTRAINT none")
    for path in dead.glob("*.native"):
        case.true("VIOLATED_CONSTRAINT" in path.with_suffix(".error").read_text(),
                  f"{path.name}: the error beside it does not say why")
        put_in(line.store, path)
    case.equal(sums(line.store), expected(sent), "sums after putting the files in")
    line.stop()


def test_without_a_folder_refused_blocks_are_kept_and_tried_again(folder):
    line = goflow.Line(folder)
    refuse_everything(line.store)
    sent = line.ingest.replay("-synthetic=netflow5", "-count=50")
    line.store.until(lambda: "takes no data" in line.store.stderr, 20, "says that it waits")
    line.store.query("ALTER TABLE netflow DROP CONSTRAINT none")
    case.wait_until_equal(lambda: sums(line.store), expected(sent), 60, "sums")
    line.stop()


if __name__ == "__main__":
    case.main(globals())
