#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- peers that ask for much: they cost others nothing.
"""Everything that they send is valid; there is only much of it."""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import zmtp  # noqa: E402

HELD = 0
RANGES = 16000  # nearly as many as one message may have


def long_request(store_id):
    """A lease request with ranges that lie apart: each is searched, and answered with another one."""
    ranges = b"".join(
        zmtp.field(5, zmtp.field(1, 2**62 + 2 * i) + zmtp.field(2, 2**62 + 2 * i))
        for i in range(RANGES))
    return zmtp.field(1, 1) + zmtp.field(2, HELD) + zmtp.fixed(3, store_id) + zmtp.fixed(4, 1) + ranges


class Greedy(threading.Thread):
    """Sends the same request as fast as it is taken, and reads the answers."""

    def __init__(self, endpoint, store_id):
        super().__init__(daemon=True)
        self.peer = zmtp.Stranger(endpoint + ".ack", b"DEALER")
        self.request = long_request(store_id)
        self.sent = 0
        self.is_over = False
        threading.Thread(target=self.drain, daemon=True).start()
        self.start()

    def run(self):
        while not self.is_over:
            try:
                self.peer.say(self.request)
            except OSError:
                return
            self.sent += 1

    def drain(self):
        try:
            while self.peer.socket.recv(1 << 20):
                pass
        except OSError:
            pass


def test_long_requests_cost_no_flow(folder):
    line = goflow.Line(folder, ingest={"batch_flows": 200})
    peers = [Greedy(line.ingest.endpoint, store_id) for store_id in (4711, 4712)]
    line.ingest.until(
        lambda: line.ingest.metrics().sum("goflow_link_acks_total", kind="held") > 2, 30, "no request")
    line.ingest.replay("-synthetic=netflow5", "-duration=3s", "-pps=4000")
    for peer in peers:
        peer.is_over = True
    case.true(all(peer.sent > 10 for peer in peers), "the peers were not served")
    page = line.ingest.metrics()
    case.equal(page.sum("goflow_batch_flows_dropped_total"), 0, "flows dropped")
    arrived = page.sum("goflow_flows_total")
    line.wait_for_rows(arrived)
    line.stop()


class Subscriber(threading.Thread):
    """Subscribes to ever more topics, and connects again whenever it is cut off."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.endpoint = endpoint
        self.topics = 0
        self.is_over = False
        self.start()

    def run(self):
        while not self.is_over:
            try:
                peer = zmtp.Stranger(self.endpoint, b"SUB")
                while not self.is_over:
                    self.topics += 1
                    peer.say(b"\x01" + b"%064d" % self.topics + bytes(800))
            except OSError:
                time.sleep(0.01)


def peak_mib(program):
    status = pathlib.Path(f"/proc/{program.child.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_many_topics_cost_little_memory(folder):
    ingest = goflow.Ingest(folder).wait_until_ready()
    before = peak_mib(ingest)
    tap = process.Process(
        "tap", [goflow.program("goflow-tap"), f"-connect={ingest.tap}", "-n=1"], folder)
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") == 1, 30, "no tap")
    greedy = Subscriber(ingest.tap)
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_floods_total") >= 3, 60, "not cut off")
    greedy.is_over = True
    greedy.join(60)
    # 256 topics of a kilobyte are some ten MiB in libzmq; without a bound there were hundreds.
    case.true(peak_mib(ingest) < before + 128, f"{peak_mib(ingest)} MiB")
    case.true("a tap subscribed to too many topics" in ingest.stderr, "not a word")
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") == 1, 60, "tap is lost")
    ingest.replay("-synthetic=netflow5", "-count=10")
    case.equal(tap.wait(30), 0, "the status of the other tap")
    ingest.kill()


if __name__ == "__main__":
    case.main(globals())
