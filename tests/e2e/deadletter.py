#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what the database refuses for good is kept, whole.
import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import router  # noqa: E402

NOTHING_FITS = "ALTER TABLE netflow ADD CONSTRAINT none CHECK Bytes > 1000000000000"
SUMS = "SELECT count() AS flows, sum(Bytes) AS bytes, sum(Packets) AS packets FROM "


def sums(store, table="netflow"):
    return store.query(SUMS + table)[0]


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


def replay(folder, dead, status=0, **settings):
    """goflow-store -deadletter.replay: what it says it did."""
    done = process.run("replay-dead", [
        goflow.program("goflow-store"), "-deadletter.replay",
        *goflow.flags({"deadletter_dir": dead, **settings})], folder)
    case.equal(done.child.returncode, status, f"exit status: {done.failure()}")
    return {key: int(value) for key, value in (pair.split("=") for pair in done.stdout.split())}


def make_dead_letters(folder, dead):
    """A line whose database refused everything, and takes it now."""
    line = goflow.Line(folder, store={"deadletter_dir": dead})
    refuse_everything(line.store)
    sent = line.ingest.replay("-synthetic=ipfix", "-count=50")
    case.wait_until_equal(
        lambda: line.store.metrics().sum("goflow_write_rows_rejected_total"),
        sent["flows"], 30, "rows rejected")
    case.equal(sums(line.store)["flows"], 0, "rows in the table")
    line.store.query("ALTER TABLE netflow DROP CONSTRAINT none")
    return line, sent


def test_refused_blocks_can_be_put_in_later(folder):
    dead = folder / "dead"
    line, sent = make_dead_letters(folder, dead)
    for path in dead.glob("*.native"):
        case.true("VIOLATED_CONSTRAINT" in path.with_suffix(".error").read_text(),
                  f"{path.name}: the error beside it does not say why")
        put_in(line.store, path)
    case.equal(sums(line.store), expected(sent), "sums after putting the files in")
    line.stop()


def test_replay_into_a_store_that_runs(folder):
    dead = folder / "dead"
    line, sent = make_dead_letters(folder, dead)
    saved = {path: path.read_bytes() for path in dead.iterdir()}
    done = replay(folder, dead, ch_path=folder / "store-data")
    case.equal(done["rows"], sent["flows"], "rows it says it put in")
    case.equal(sums(line.store), expected(sent), "sums")
    case.equal(list(dead.iterdir()), [], "files that are left")
    for path, data in saved.items():
        path.write_bytes(data)  # as if it had been killed before it could remove them
    done = replay(folder, dead, ch_path=folder / "store-data")
    case.equal(done["known"], done["files"], "files that were there already")
    case.equal(sums(line.store), expected(sent), "sums after a second replay")
    line.stop()


def test_replay_into_the_engine_itself(folder):
    dead = folder / "dead"
    line, sent = make_dead_letters(folder, dead)
    line.stop()
    (dead / "20260101T000000.0-0.native").write_bytes(b"not a block")
    done = replay(folder, dead, status=1, ch_path=folder / "store-data")
    case.equal(done["failed"], 1, "files that stay")
    case.equal(done["rows"], sent["flows"], "rows it says it put in")
    store = goflow.Store(
        folder, f"ipc://{folder}/nobody.ipc", ch_path=folder / "store-data").wait_until_ready()
    case.equal(sums(store), expected(sent), "sums")
    store.stop()


def test_replay_over_http_into_a_table_that_lacks_columns(folder):
    dead = folder / "dead"
    line, sent = make_dead_letters(folder, dead)
    line.store.query("CREATE TABLE few (Bytes UInt64, Packets UInt32) ENGINE = Memory")
    done = replay(folder, dead, ch_addr=f"127.0.0.1:{line.store.sql_port}", ch_table="few")
    case.equal(done["rows"], sent["flows"], "rows it says it put in")
    case.equal(sums(line.store, "few"), expected(sent), "sums")
    line.stop()


KINDS = {
    "counters": "SELECT SourceIndex AS a, InOctets AS b FROM netflow_counters",
    "options": "SELECT ScopeID AS a, Value AS b FROM netflow_options",
    "loss": "SELECT Datagrams AS a, FlowsAccepted AS b FROM netflow_loss WHERE Type = 2",
}
BESIDE = {
    "counters": [(number, number * 10) for number in range(1, 6)],
    "options": [(number, f"port{number}") for number in range(1, 6)],
    "loss": [(0, 1), (1, 0)],
}


def beside(store):
    """What the tables beside the flows have."""
    return {
        kind: sorted((row["a"], row["b"]) for row in store.query(question))
        for kind, question in KINDS.items()}


def refuse_rows_beside_flows(store):
    """Tables of an operator who forbids every row."""
    for kind in KINDS:
        store.query(
            f"CREATE TABLE netflow_{kind} (TimeReceived DateTime, IngestID UInt64,"
            " BatchSequence UInt64, CONSTRAINT none CHECK IngestID = 0)"
            " ENGINE = MergeTree ORDER BY TimeReceived")


def make_dead_letters_beside_flows(folder, dead):
    """Counters, options and losses that the database refused, and takes now."""
    line = goflow.Line(folder, store={"deadletter_dir": dead})
    refuse_rows_beside_flows(line.store)
    for number, octets in BESIDE["counters"]:
        router.send(
            line.ingest.port, router.sflow(number, router.interface_counters(number, octets)),
            router.interface_name(number, b"port%d" % number))
    router.send(line.ingest.port, router.netflow5(1))
    line.wait_for_rows(1)
    line.ingest.stop()
    for kind in KINDS:
        case.wait_for(lambda name=kind: list(dead.glob(f"*.{name}.native")), 30, f"file of {kind}")
        line.store.query(f"ALTER TABLE netflow_{kind} DROP CONSTRAINT none")
    case.equal(
        line.store.metrics().sum("goflow_pull_records_shelved_total"),
        line.store.metrics().sum("goflow_pull_records_total"), "rows shelved")
    return line


def test_rows_beside_flows_are_put_in_later(folder):
    dead = folder / "dead"
    line = make_dead_letters_beside_flows(folder, dead)
    saved = {path: path.read_bytes() for path in dead.iterdir()}
    for turn, is_known in ("first", False), ("second", True):
        for path, data in saved.items():
            path.write_bytes(data)  # the second time as if it had been killed
        done = replay(folder, dead, ch_path=folder / "store-data")
        case.equal(done["known"] == done["files"], is_known, f"{turn} time: known {done}")
        case.equal(beside(line.store), BESIDE, f"rows after the {turn} replay")
        case.equal(list(dead.iterdir()), [], "files that are left")
    line.store.stop()


def test_rows_beside_flows_into_the_engine_itself(folder):
    dead = folder / "dead"
    line = make_dead_letters_beside_flows(folder, dead)
    line.store.stop()
    replay(folder, dead, ch_path=folder / "store-data")
    store = goflow.Store(
        folder, f"ipc://{folder}/nobody.ipc", ch_path=folder / "store-data").wait_until_ready()
    case.equal(beside(store), BESIDE, "rows")
    store.stop()


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
