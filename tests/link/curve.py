#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- keys on the link: who has one is let in, nobody else.
"""Who calls whom is tried both ways. A peer that is refused gets in once its key is allowed."""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
from keys import Keys  # noqa: E402

class World:
    """An ingest and a store on tcp; the store is not allowed at first unless asked for."""

    def __init__(self, folder, stores_connect, is_allowed):
        self.edge = Keys(folder, "edge")
        self.core = Keys(folder, "core")
        self.stores_connect = stores_connect
        self.caller, self.callee = (self.core, self.edge) if stores_connect else (self.edge, self.core)
        self.caller.allow("ingest" if stores_connect else "store", self.callee)
        if is_allowed:
            self.allow()
        endpoint = f"tcp://127.0.0.1:{process.free_ports(2)}"
        self.ingest = goflow.Ingest(
            folder, zmq_keys=self.edge.folder, ack_timeout="2s",
            zmq_bind=endpoint if stores_connect else [],
            zmq_connect=[] if stores_connect else endpoint).wait_until_ready()
        self.store = goflow.Store(
            folder, endpoint if stores_connect else [], zmq_keys=self.core.folder,
            zmq_bind=[] if stores_connect else endpoint).wait_until_ready()
        self.gate = self.ingest if stores_connect else self.store
        self.outside = self.store if stores_connect else self.ingest

    def allow(self):
        self.callee.allow("store" if self.stores_connect else "ingest", self.caller)

    def refused(self):
        return self.gate.metrics().sum("goflow_link_peers_refused_total")

    def wait_for_rows(self, rows):
        case.wait_until_equal(self.store.rows, rows, 60, "rows in the table")

    def send(self):
        return self.ingest.replay("-synthetic=netflow5", "-count=100")["flows"]

    def stop(self):
        self.ingest.stop()
        self.store.stop()


def check_keys_that_are_allowed(folder, stores_connect):
    world = World(folder, stores_connect, is_allowed=True)
    world.wait_for_rows(world.send())
    case.true(world.gate.metrics().sum("goflow_link_peers_accepted_total") >= 2, "data and return")
    case.equal(world.refused(), 0, "refused")
    world.stop()


def test_stores_that_are_allowed_call_an_ingest(folder):
    check_keys_that_are_allowed(folder, stores_connect=True)


def test_ingests_that_are_allowed_call_a_store(folder):
    check_keys_that_are_allowed(folder, stores_connect=False)


def check_refused_then_allowed(folder, stores_connect):
    world = World(folder, stores_connect, is_allowed=False)
    sent = world.send()
    world.gate.until(lambda: world.refused() >= 2, 30, "nobody is refused")
    world.outside.until(
        lambda: "no connection" in world.outside.stderr, 30, "the refused one does not notice")
    case.equal(world.store.rows(), 0, "rows")
    case.true(f"key='{world.caller.public}'" in world.gate.stderr, "the log names the key")
    case.equal(world.gate.stderr.count("a peer was refused"), 1, "lines in a minute")
    world.allow()
    world.gate.send(signal.SIGHUP)
    world.wait_for_rows(sent)
    more = world.send()
    world.wait_for_rows(sent + more)
    world.stop()


def test_a_store_gets_in_once_it_is_allowed(folder):
    check_refused_then_allowed(folder, stores_connect=True)


def test_an_ingest_gets_in_once_it_is_allowed(folder):
    check_refused_then_allowed(folder, stores_connect=False)


def test_a_store_without_keys_gets_nothing(folder):
    world = World(folder, stores_connect=True, is_allowed=True)
    sent = world.send()
    world.wait_for_rows(sent)
    world.store.stop()
    accepted = world.ingest.metrics().sum("goflow_link_peers_accepted_total")
    endpoint = next(word for word in world.ingest.command if "-zmq.bind=" in word).split("=", 1)[1]
    thief = goflow.Store(folder, endpoint, name="thief").wait_until_ready()
    world.send()
    time.sleep(3)  # what it does not get in this time is the test
    case.equal(thief.rows(), 0, "rows of the one without keys")
    case.equal(
        world.ingest.metrics().sum("goflow_link_peers_accepted_total"), accepted, "peers let in")
    thief.stop()
    world.ingest.kill()


def test_a_tap_needs_a_key(folder):
    edge, reader = Keys(folder, "edge"), Keys(folder, "reader")
    reader.allow("ingest", edge)
    edge.allow("tap", reader)
    tap = f"tcp://127.0.0.1:{process.free_ports()}"
    ingest = goflow.Ingest(folder, zmq_keys=edge.folder, tap_bind=tap).wait_until_ready()
    words = [goflow.program("goflow-tap"), f"-connect={tap}", "-n=1"]
    outside = process.Process("outside", words, folder)
    inside = process.Process("inside", [*words, f"-zmq.keys={reader.folder}"], folder)
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") == 1, 30, "no tap")
    ingest.replay("-synthetic=netflow5", "-count=10")
    case.equal(inside.wait(30), 0, "the tap's status")
    case.true(outside.is_running and not outside.stdout, "the one without a key reads flows")
    outside.until(lambda: "the handshake failed" in outside.stderr, 30, "it does not say why")
    ingest.kill()


def test_a_tap_gets_in_once_it_is_allowed(folder):
    edge, reader = Keys(folder, "edge"), Keys(folder, "reader")
    reader.allow("ingest", edge)
    endpoint = f"tcp://127.0.0.1:{process.free_ports()}"
    words = [goflow.program("goflow-tap"), f"-connect={endpoint}", "-n=1",
             f"-zmq.keys={reader.folder}"]
    tap = process.Process("tap", words, folder)
    tap.until(lambda: "nobody answers there" in tap.stderr, 30, "it does not say that nobody is there")
    ingest = goflow.Ingest(folder, zmq_keys=edge.folder, tap_bind=endpoint).wait_until_ready()
    allow = f"goflow-keys allow FOLDER tap NAME '{reader.public}'"
    tap.until(lambda: allow in tap.stderr, 30, "it does not say that it was refused")
    edge.allow("tap", reader)
    ingest.send(signal.SIGHUP)
    ingest.until(lambda: ingest.metrics().sum("goflow_tap_subscriptions") == 1, 30, "no tap")
    ingest.replay("-synthetic=netflow5", "-count=10")
    case.equal(tap.wait(30), 0, "the tap's status")
    ingest.kill()


def test_no_keys_beyond_this_host_is_refused_at_start(folder):
    for program, flag in (
            ("goflow-ingest", "zmq.bind"), ("goflow-ingest", "zmq.connect"),
            ("goflow-ingest", "tap.bind"), ("goflow-store", "zmq.bind"),
            ("goflow-store", "zmq.connect"), ("goflow-tap", "connect")):
        words = [goflow.program(program), f"-{flag}=tcp://192.0.2.1:5557"]
        done = process.run("refused", [*words, "-check"], folder)
        case.true(done.child.returncode != 0, f"{program} -{flag} starts")
        for word in (f"-{flag}", "goflow-keys make", "goflow-keys allow", "-zmq.insecure"):
            case.true(word in done.stderr, f"{program} -{flag}: no word of {word}")
        process.check("insecure", [*words, "-zmq.insecure", "-print"], folder)


def test_an_open_link_is_said_to_be_open(folder):
    endpoint = f"tcp://0.0.0.0:{process.free_ports(2)}"
    ingest = goflow.Ingest(folder, zmq_bind=endpoint, zmq_insecure=True).wait_until_ready()
    ingest.until(lambda: "flag=-zmq.insecure" in ingest.stderr, 30, "not a word")
    ingest.stop()


if __name__ == "__main__":
    case.main(globals())
