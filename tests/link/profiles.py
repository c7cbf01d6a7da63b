#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- settings of a user's profile that would change rows.
"""
Each setting alone and all at once: every flow that was sent is a row, once, although an INSERT loses
its answer, so that the table is asked as well. A proxy puts the settings in front of the arguments of
each request. On the embedded engine behind -ch.serve, and on a real server of another age for the
settings that it knows.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import clickhouse  # noqa: E402
import engine_server  # noqa: E402
import faulty_proxy  # noqa: E402
import goflow  # noqa: E402

PROFILES = """
async_insert=1 wait_for_async_insert=0
insert_deduplicate=0
optimize_on_insert=0
max_insert_threads=4
max_block_size=50
max_insert_block_size_bytes=1000
max_partitions_per_insert_block=1
input_format_parallel_parsing=0
session_timezone=America/St_Johns
extremes=1
final=1
force_primary_key=1
max_rows_to_read=1
max_rows_to_read=1 read_overflow_mode=break
max_result_rows=1 result_overflow_mode=break
timeout_overflow_mode=break
enable_analyzer=0
limit=100
offset=3
use_query_cache=1
describe_compact_output=1
data_type_default_nullable=1
max_query_size=2000
max_ast_elements=60
max_result_rows=1
additional_result_filter=0
empty_result_for_aggregation_by_empty_set=1
distributed_foreground_insert=0
output_format_tsv_crlf_end_of_line=1
""".strip().splitlines()
LEASE = "2s"
DATAGRAMS = 20


class Line:
    """One ingest; a store and a table for each profile."""

    def __init__(self, folder, database):
        self.folder = folder
        self.database = database
        self.proxy = faulty_proxy.Proxy(database.http_port)
        self.proxy.spoil(faulty_proxy.profile, b" /?", faulty_proxy.FOR_EVER)
        self.ingest = goflow.Ingest(
            folder, batch_flows=300, ack_timeout=LEASE, records=False).wait_until_ready()
        self.next = 1
        self.tables = 0

    def start_store(self, settings, losses=0):
        self.proxy.settings = "&".join(settings).replace("/", "%2F")
        self.proxy.losses = losses
        self.tables += 1
        table = f"t{self.tables}"
        return goflow.Store(
            self.folder, self.ingest.endpoint, name=f"store-{table}", ch_table=table,
            ch_addr=f"127.0.0.1:{self.proxy.port}", block_age="50ms").wait_until_ready()

    def send(self):
        sent = self.ingest.replay(
            "-synthetic=netflow5", f"-count={DATAGRAMS}", f"-unique={self.next}", "-pps=500")["flows"]
        self.next += sent
        return sent

    def counts(self, store):
        """Rows, different flows, lowest and highest number; the table may not be there yet."""
        try:
            row = self.database.query(
                f"SELECT count() AS c, uniqExact(Bytes) AS u, min(Bytes) AS a, max(Bytes) AS b "
                f"FROM {store.table}")[0]
        except AssertionError:
            return None
        return tuple(int(row[name]) for name in "cuab")

    def check(self, store, sent):
        expected = (sent, sent, self.next - sent, self.next - 1)
        try:
            case.wait_until_equal(lambda: self.counts(store), expected, 60, "rows")
            case.wait_until_equal(
                lambda: self.ingest.metrics().sum("goflow_link_flows_waiting"), 0, 30, "waiting")
        except AssertionError as error:
            raise AssertionError(f"{self.proxy.settings}: {error}; {store.stderr[-600:]}") from None
        case.equal(self.counts(store), expected, f"rows with {self.proxy.settings}")
        case.equal(self.ingest.metrics().sum("goflow_link_flows_dropped_total"), 0, "dropped")

    def run(self, settings):
        store = self.start_store(settings, losses=1)
        self.check(store, self.send())
        case.equal(self.proxy.losses, 0, f"no answer was lost with {settings}")
        store.stop()


def open_to(database, profile):
    """The server knows all of them, and a request may have them: -ch.serve refuses some to all."""
    names = {setting.split("=")[0] for setting in profile}
    rows = database.query("SELECT * FROM system.settings")  # old servers lack the column readonly
    return names <= {row["name"] for row in rows if not int(row.get("readonly", 0))}


def check_profiles(folder, database):
    line = Line(folder, database)
    profiles = [profile for profile in map(str.split, PROFILES) if open_to(database, profile)]
    case.true(len(profiles) > 5, f"the server knows only {profiles}")
    for profile in profiles:
        line.run(profile)
    merged = dict(setting.split("=") for profile in profiles for setting in profile)
    line.run([f"{name}={value}" for name, value in merged.items()])


def check_forbidden(folder, database, setting="readonly=1", reasons=("164", "READONLY")):
    """A profile that must stop INSERTs: one line, the batches wait, and come in when it changes."""
    line = Line(folder, database)
    store = line.start_store(["max_threads=2"])
    line.check(store, line.send())
    line.proxy.settings = setting
    sent = line.send()
    store.until(lambda: "takes no data" in store.stderr, 30, "says that it waits")
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_inserts_total", outcome="retry") > 2, True, 30,
        "further attempts")
    lines = [text for text in store.stderr.splitlines() if "takes no data" in text]
    case.equal(len(lines), 1, f"lines: {lines}")
    case.true(any(reason in lines[0] for reason in reasons), f"it does not say why: {lines}")
    case.equal(line.ingest.metrics().sum("goflow_link_flows_waiting"), sent, "flows waiting")
    line.proxy.settings = ""
    case.wait_until_equal(
        lambda: line.counts(store), (2 * sent, 2 * sent, 1, 2 * sent), 60, "rows")
    store.stop()


def test_engine_with_settings_of_a_profile(folder):
    check_profiles(folder, engine_server.Engine(folder))


def test_server_with_settings_of_a_profile(folder):
    check_profiles(folder, clickhouse.Server(folder))


def test_engine_with_a_profile_that_forbids_inserts(folder):
    check_forbidden(folder, engine_server.Engine(folder))


def test_engine_with_a_setting_that_it_refuses_to_all(folder):
    check_forbidden(
        folder, engine_server.Engine(folder), "additional_result_filter=0",
        ("SETTING_CONSTRAINT_VIOLATION",))


def test_server_with_a_profile_that_forbids_inserts(folder):
    check_forbidden(folder, clickhouse.Server(folder))


if __name__ == "__main__":
    case.main(globals())
