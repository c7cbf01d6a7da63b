# SPDX-License-Identifier: BSD-3-Clause -- flows that can be told from each other, and their rows.
"""
    flows = numbered.Flows(folder)
    flows.send(ingest, count=400)       each flow has a number of its own, as its Bytes
    flows.check(store.query)            every row is there once, column by column as it was sent
    numbered.check_counters(ingest)     accepted = stored + waiting + dropped; the latter two are 0

What was sent is made a second time, into a capture, and decoded there: the rows are compared with that.
"""
import collections
import json

import case
import goflow
import process

ARRIVE_S = 120
ADDRESSES = ("SrcAddr", "DstAddr", "NextHop")
COLUMNS = (
    "Bytes", "Packets", *ADDRESSES, "SrcPort", "DstPort", "Proto", "Etype", "TCPFlags", "IPTos",
    "InIf", "OutIf", "SrcAS", "DstAS", "SrcNet", "DstNet", "SequenceNum")


def accepted(ingest):
    return ingest.metrics().sum("goflow_link_flows_in_total")


class Flows:
    """All that a case has sent, whichever ingest it went to."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.made = []  # arguments of goflow-replay

    def words(self, protocol, count):
        return [
            f"-synthetic={protocol}", f"-count={count}", f"-seed={len(self.made) + 1}",
            f"-unique={self.count + 1}"]

    def send(self, ingest, protocol="netflow9", count=400, pps=2000):
        """Sends `count` datagrams, and waits until the ingest has accepted every flow in them."""
        before = accepted(ingest)
        words = self.words(protocol, count)
        sent = ingest.replay(*words, f"-pps={pps}")["flows"]
        self.made.append(words)
        self.count += sent
        case.wait_until_equal(
            lambda: accepted(ingest) - before, sent, ARRIVE_S, "flows accepted")

    def expected(self):
        """{number: the flow's columns}"""
        rows = {}
        for words in self.made:
            goflow.replay(self.folder, *words, f"-write={self.folder}/again.pcap")
            decoded = process.check(
                "again", [
                    goflow.program("goflow-ingest"), "-transport=console", "-format=json",
                    f"-read={self.folder}/again.pcap"], self.folder, ARRIVE_S)
            with decoded.paths["out"].open(encoding="ascii") as lines:
                for line in lines:
                    flow = json.loads(line)
                    rows[flow["Bytes"]] = tuple(
                        flow.get(name, "::" if name in ADDRESSES else 0) for name in COLUMNS)
        return rows

    def check(self, ask, table="netflow", seconds=ARRIVE_S, seed=None, certain=None):
        """
        `ask` runs a statement; the database may be away at first. Flows with numbers above `certain`
        may be missing.
        """
        note = "" if seed is None else f" (seed {seed})"
        certain = self.count if certain is None else certain
        case.wait_for(
            lambda: count_rows(ask, table) >= certain, seconds,
            f"{certain} rows, {count_rows(ask, table)} there{note}")
        rows = rows_by_number(ask, table)
        expected = {
            number: row for number, row in self.expected().items()
            if number <= certain or number in rows}
        twice = [number for number, found in rows.items() if len(found) > 1]
        case.true(not twice, f"{len(twice)} flows are there twice, {twice[:3]} ...{note}")
        found = {number: found[0] for number, found in rows.items()}
        case.equal(found, expected, f"rows by number{note}")


def rows_by_number(ask, table="netflow", where="1"):
    """{number: its rows}, which are tuples of columns."""
    rows = collections.defaultdict(list)
    for row in ask(f"SELECT {', '.join(COLUMNS)} FROM {table} WHERE {where}"):
        rows[int(row["Bytes"])].append(
            tuple(row[name] if name in ADDRESSES else int(row[name]) for name in COLUMNS))
    return rows


def count_rows(ask, table):
    try:
        return int(ask(f"SELECT count() AS c FROM {table}")[0]["c"])
    except (AssertionError, OSError):
        return -1  # no answer


def check_counters(*ingests, what="flows"):
    """
    Nothing waits, nothing was dropped, and it adds up: accepted = stored. What an ingest found in its
    spool is part of what it accepted. `what`: flows, or records for the rows beside them.
    """
    for ingest in ingests:
        case.wait_until_equal(
            lambda page=ingest: page.metrics().sum(f"goflow_link_{what}_waiting"), 0, ARRIVE_S,
            f"{ingest.name}: {what} waiting")
        page = ingest.metrics()
        case.equal(
            page.sum(f"goflow_link_{what}_dropped_total"), 0, f"{ingest.name}: {what} dropped")
        case.equal(
            page.sum(f"goflow_link_{what}_stored_total"), page.sum(f"goflow_link_{what}_in_total"),
            f"{ingest.name}: {what} stored")
