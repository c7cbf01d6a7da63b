# SPDX-License-Identifier: BSD-3-Clause -- what a long run accepted, and whether all of it is stored.
"""
An ingest that is killed takes its counters with it. So they are read twice a second and right before each
end: what was accepted by then has to be in the table. What it accepted in the moment between may be
there, too; that no batch of it is missing is seen from the names of the batches, which an ingest gives in
order: within the life of one process no sequence is left out.
"""
import collections

NAMES = {
    "in": "goflow_link_flows_in_total",
    "recovered": "goflow_link_flows_recovered_total",
    "stored": "goflow_link_flows_stored_total",
    "waiting": "goflow_link_flows_waiting",
    "dropped": "goflow_link_flows_dropped_total",
    "kernel": "goflow_receive_kernel_drops_total",
    "inbox": "goflow_batch_flows_dropped_total",
}
BATCHES = "SELECT IngestID, BatchSequence, count() AS c FROM netflow GROUP BY IngestID, BatchSequence"
MINUTES = "SELECT DISTINCT toUnixTimestamp(toStartOfMinute(TimeReceived)) AS m FROM netflow"


class Account:
    def __init__(self, ingest):
        self.ingest = ingest
        self.lives = []  # the last counters of each process
        self.number = -1
        self.latest = collections.defaultdict(float)
        self.rate_hint = 200000  # flows that may wait in ordinary times
        ingest.before_end = self.sample

    def sample(self):
        if self.ingest.is_paused or not self.ingest.is_expected:
            return
        page = self.ingest.page()
        if page is None:
            return
        values = {
            key: sum(value for _, value in page.find(name)) for key, name in NAMES.items()}
        if self.ingest.starts != self.number:
            self.number = self.ingest.starts
            self.lives.append(values)
        self.lives[-1] = values
        self.latest = values

    def total(self, key):
        return sum(life[key] for life in self.lives)

    def certain(self):
        """Flows that were accepted for sure; those recovered were counted by an earlier process."""
        return self.total("in") - self.total("recovered")

    def is_drained(self):
        return self.number == self.ingest.starts and self.latest["waiting"] == 0

    def text(self):
        return (
            f"accepted {self.certain() / 1e6:.2f} M, waiting {self.latest['waiting'] / 1e3:.0f} k, "
            f"lost by the kernel {self.total('kernel'):.0f} datagrams, dropped "
            f"{self.total('dropped'):.0f}")

    def summary(self, sent):
        return (
            f"{sent} flows sent, {self.certain():.0f} accepted for sure by {len(self.lives)} "
            f"processes; before that {self.total('kernel'):.0f} datagrams dropped by the kernel, "
            f"{self.total('inbox'):.0f} flows by full inboxes, the others while no ingest listened; "
            f"dropped after it {self.total('dropped'):.0f}")

    def check(self, database, sent, report):
        """Every fault that it finds, not only the first."""
        report_unequal(report, "flows waiting", self.latest["waiting"], 0)
        report_unequal(report, "accepted flows dropped", self.total("dropped"), 0)
        report_unequal(
            report, "stored by the last process", self.latest["stored"], self.latest["in"])
        database.settle()
        for ask in database.answers():
            self.check_rows(ask, sent, report)

    def check_rows(self, ask, sent, report):
        batches = ask(BATCHES)
        rows = sum(int(batch["c"]) for batch in batches)
        twice = rows - count_numbers(ask)
        gaps = find_gaps(batches)
        viewed = int(ask("SELECT sum(Flows) AS f FROM minutes")[0]["f"])
        print(f"# {rows} rows, {self.certain():.0f} accepted for sure, twice {twice}, "
              f"{len(batches)} batches, {len(gaps)} gaps between them of {self.ingest.starts} lives, "
              f"view {viewed} ({viewed - rows:+d})", flush=True)
        report_unequal(report, "rows there twice", twice, 0)
        if not self.certain() <= rows <= sent:
            report(f"{rows} rows, {self.certain():.0f} accepted for sure, {sent} sent")
        if len(gaps) >= self.ingest.starts:
            report(f"batches are missing between these sequences: {gaps[:20]}")
        if viewed > rows:
            report(f"the view has {viewed} flows, the table {rows}")


def report_unequal(report, what, found, expected):
    if found != expected:
        report(f"{what}: {found:.0f}, expected {expected:.0f}")


def count_numbers(ask):
    """
    Different numbers; a repeated batch has the same time, so each minute can be counted alone, which
    takes little memory.
    """
    found = 0
    for row in ask(MINUTES):
        begin = int(row["m"])
        where = f"TimeReceived >= toDateTime({begin}) AND TimeReceived < toDateTime({begin + 60})"
        found += int(ask(f"SELECT uniqExact(Bytes) AS u FROM netflow WHERE {where}")[0]["u"])
    return found


def find_gaps(batches):
    """[(last sequence before it, first after it)], over all ingests."""
    sequences = collections.defaultdict(list)
    for batch in batches:
        sequences[batch["IngestID"]].append(int(batch["BatchSequence"]))
    gaps = []
    for found in sequences.values():
        found.sort()
        gaps += [(one, two) for one, two in zip(found, found[1:]) if two != one + 1]
    return gaps
