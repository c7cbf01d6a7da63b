# SPDX-License-Identifier: BSD-3-Clause -- starts the project's programs for test scripts.
"""
    line = goflow.Line(folder)         one ingest, one store with the embedded engine
    line.replay("-synthetic=ipfix", "-count=100")
    line.wait_for_rows(1000)
    line.store.query("SELECT sum(Bytes) FROM netflow")
    line.stop()

Flags given as keywords: nf_port=2055 becomes -nf.port=2055.
"""
import json
import re
import typing
import urllib.error
import urllib.parse
import urllib.request

import case
import process

READY_S = 60  # sanitizer builds load the embedded engine slowly
LOST = 1  # the status of an ingest that stops with flows no store has taken


def flags(settings):
    """The words of a command line; an empty list is a flag not given."""
    return [
        f"-{name.replace('_', '.')}={flag_text(value)}"
        for name, value in settings.items() if value != []
    ]


def flag_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, (list, tuple)) else str(value)


def program(name):
    return case.Settings.bin / name


class Place(typing.NamedTuple):
    """Where a program runs: words before its command line, and its address for the test."""

    prefix: list = []
    address: str = "127.0.0.1"


HERE = Place()


class Daemon(process.Process):
    """A program with -metrics.addr."""

    def __init__(self, name, executable, settings, folder, place=HERE):
        self.metrics_port = process.free_ports()
        self.place = place
        settings = {"metrics_addr": f"{place.address}:{self.metrics_port}", **settings}
        if any("LD_PRELOAD" in str(word) for word in place.prefix):
            settings.setdefault("confine", "off")  # what is preloaded has files of its own
        super().__init__(
            name, [*place.prefix, program(executable), *flags(settings)], folder)

    def wait_until_ready(self):
        self.until(lambda: self.get("/healthz") is not None, READY_S, "/healthz does not answer")
        return self

    def get(self, path):
        """The document, or None while nobody answers."""
        return document(self.metrics_port, path, self.place.address)

    def metrics(self):
        page = self.get("/metrics")
        case.true(page is not None, f"{self.name}: no /metrics: {self.failure()}")
        return Metrics(page)


class Ingest(Daemon):
    """goflow-ingest on ports of its own; `endpoint` is where stores connect."""

    def __init__(self, folder, name="ingest", place=HERE, **settings):
        self.port = process.free_ports()
        self.folder = folder
        self.endpoint = f"ipc://{folder}/{name}.ipc"
        self.tap = f"ipc://{folder}/{name}-tap.ipc"
        given = {
            "nf_addr": place.address, "nf_port": self.port, "nfl": False, "sflow": False,
            "zmq_bind": self.endpoint, "tap_bind": self.tap, "batch_age": "100ms",
            **settings,
        }
        super().__init__(name, "goflow-ingest", given, folder, place)

    def replay(self, *words, seconds=120):
        """Sends to this ingest and returns what goflow-replay says it sent."""
        return replay(self.folder, *words, f"-target={self.place.address}:{self.port}", seconds=seconds)


class Store(Daemon):
    """goflow-store; unless told otherwise with the embedded engine, served over HTTP."""

    def __init__(self, folder, endpoints, name="store", place=HERE, **settings):
        given = {"zmq_connect": endpoints, "block_age": "300ms"}
        self.table = settings.get("ch_table", "netflow")
        if "ch_addr" not in settings:
            self.sql_port = process.free_ports()
            given["ch_path"] = folder / f"{name}-data"
            given["ch_serve"] = f"127.0.0.1:{self.sql_port}"
        super().__init__(name, "goflow-store", {**given, **settings}, folder, place)

    def wait_until_ready(self):
        """With the embedded engine also until the table is there."""
        super().wait_until_ready()
        if hasattr(self, "sql_port"):
            self.until(
                lambda: self.metrics().sum("goflow_write_database_up") == 1, READY_S, "no table")
        return self

    def query(self, statement):
        """Rows as dicts."""
        return query(self.sql_port, statement)

    def value(self, expression, where="1"):
        """One number: an aggregate over the table."""
        rows = self.query(f"SELECT toFloat64({expression}) AS v FROM {self.table} WHERE {where}")
        return int(rows[0]["v"])

    def rows(self):
        return self.value("count()")


class Line:
    """One ingest and one store on the embedded engine."""

    def __init__(self, folder, ingest=None, store=None):
        self.ingest = Ingest(folder, **(ingest or {}))
        self.store = Store(folder, self.ingest.endpoint, **(store or {}))
        self.ingest.wait_until_ready()
        self.store.wait_until_ready()

    def wait_for_rows(self, rows, seconds=60):
        case.wait_until_equal(self.store.rows, rows, seconds, "rows in the table")

    def stop(self):
        self.ingest.stop()
        self.store.stop()


def document(port, path, address="127.0.0.1"):
    """What a daemon with -metrics.addr says there, or None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def replay(folder, *words, seconds=120):
    """Runs goflow-replay and returns its summary: datagrams, flows, bytes, packets."""
    done = process.check(
        "replay", [program("goflow-replay"), *words, "-format=json"], folder, seconds)
    return json.loads(done.stdout.strip().splitlines()[-1])


def query(port, statement, database="default", password=""):
    """Asks a ClickHouse over HTTP; rows as dicts, 64-bit numbers as numbers."""
    arguments = urllib.parse.urlencode({
        "database": database, "default_format": "JSONEachRow",
        "output_format_json_quote_64bit_integers": "0"})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/?{arguments}", statement.encode(),
        {"X-ClickHouse-User": "default", "X-ClickHouse-Key": password})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{statement}: {error.read().decode().strip()}") from None
    return [json.loads(line) for line in text.splitlines()]


class Metrics:
    """A /metrics page: `page.sum("name", reason="x")` adds up the samples that match."""

    SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
    LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text):
        self.samples = []
        for line in text.splitlines():
            match = self.SAMPLE.match(line)
            if match:
                labels = dict(self.LABEL.findall(match[2] or ""))
                self.samples.append((match[1], labels, float(match[3])))

    def names(self):
        return {name for name, _, _ in self.samples}

    def find(self, name, **labels):
        return [
            (found, value) for sample, found, value in self.samples
            if sample == name and labels.items() <= found.items()
        ]

    def sum(self, name, **labels):
        case.true(name in self.names(), f"there is no metric {name}")
        return sum(value for _, value in self.find(name, **labels))

    def by(self, name, label):
        """{value of the label: sum}"""
        sums = {}
        for found, value in self.find(name):
            key = found.get(label, "")
            sums[key] = sums.get(key, 0) + value
        return sums
