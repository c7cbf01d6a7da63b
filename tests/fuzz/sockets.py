#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- mutated bytes for every socket of programs with sanitizers.
"""
tests/fuzz/sockets.py --bin build/fuzz/bin [--seconds 20] [--seed 1] [CASE]

Each case sends for so many seconds to running programs: almost right exports, link messages of peers
that are let in and of strangers, HTTP requests. The programs must live, answer what is right
afterwards, and have nothing reported. `--seconds` counts by the clock; the CPU time that the program
spent meanwhile is printed.
"""
import contextlib
import os
import pathlib
import random
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import golden  # noqa: E402
import goflow  # noqa: E402
import mutation  # noqa: E402
import process  # noqa: E402
import zmtp  # noqa: E402
from keys import Keys  # noqa: E402

CORPUS = case.ROOT / "tests" / "fuzz" / "corpus"
UDP_MAX = 65507
BURST = 64  # datagrams between two looks at the program
REPORTS = ("ERROR: AddressSanitizer", "runtime error", "ERROR: LeakSanitizer", "Assertion")


def seeds_of(name):
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def mutator_of(seeds):
    return mutation.Mutator(seeds, random.Random(case.Settings.own.seed))


def cpu_seconds(daemon):
    with open(f"/proc/{daemon.child.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def hunt(daemon, send):
    """Calls send() until the time is over, or the program has died; then says what was spent."""
    end = time.monotonic() + case.Settings.own.seconds
    began = cpu_seconds(daemon)
    rounds = 0
    while time.monotonic() < end:
        send()
        rounds += 1
        check_alive(daemon)
    print(f"sockets: {daemon.name}: {rounds} rounds, {cpu_seconds(daemon) - began:.1f} s of CPU",
          file=sys.stderr)


def check_alive(daemon):
    case.true(
        daemon.is_running, f"{daemon.name} died, status {daemon.child.returncode}: {daemon.failure()}")


def finish(daemon, status=0):
    """It still answers, ends when asked, and no sanitizer had anything to say."""
    case.true(daemon.get("/healthz") is not None, f"{daemon.name} answers no more")
    daemon.until(lambda: daemon.get("/metrics") is not None, 60, "no /metrics")
    daemon.stop(status=status)
    for report in REPORTS:
        case.true(report not in daemon.stderr, f"{daemon.name}: {daemon.failure()}")


def start_ingest(folder, **settings):
    """Small memory, so that its limits are met, and little waits when the time is over."""
    return goflow.Ingest(
        folder, window_bytes="4MiB", udp_rcvbuf="1MiB", stop_timeout="0", **settings).wait_until_ready()


def flows(ingest):
    """While requests of the hunt are on their way, a page may be refused."""
    ingest.until(lambda: ingest.get("/metrics") is not None, 60, "no /metrics")
    return ingest.metrics().sum("goflow_flows_total")


def is_idle(ingest):
    before = flows(ingest)
    time.sleep(0.5)
    return flows(ingest) == before


def check_honest_export(ingest):
    """A known export comes through: NetFlow 5 needs no state."""
    ingest.until(lambda: is_idle(ingest), 60, "it still decodes what was sent before")
    before = flows(ingest)
    sent = ingest.replay("-synthetic=netflow5", "-count=10", "-pps=100")["flows"]
    ingest.until(lambda: flows(ingest) >= before + sent, 60, "an honest export does not come through")


def test_mutated_datagrams(folder):
    exports = [data for name in golden.names() for data in golden.datagrams(name)]
    mutator = mutator_of([data for data in exports + seeds_of("sflow") if data])
    ingest = start_ingest(folder, decode_extra=True, workers=2)
    outgoing = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for number, sender in enumerate(outgoing):
        sender.bind((f"127.0.1.{number + 1}", 0))

    def send():
        for _ in range(BURST):
            datagram = mutator.next()[:UDP_MAX]
            mutator.random.choice(outgoing).sendto(datagram, ("127.0.0.1", ingest.port))
        time.sleep(0.002)  # a full buffer of the kernel fuzzes nobody

    hunt(ingest, send)
    for path in ("/templates", "/exporters"):
        case.true(ingest.get(path) is not None, f"{path} does not answer")
    check_honest_export(ingest)
    finish(ingest, goflow.LOST)


def frames_of_peers():
    """Acknowledgements, lease requests and what else stores send; topics of taps."""
    own = [
        zmtp.field(1, 1) + zmtp.field(2, kind) + zmtp.fixed(3, 4711)
        + zmtp.field(5, zmtp.field(1, 1) + zmtp.field(2, 9)) for kind in range(8)]
    return seeds_of("link_frame") + own + [b"\1flows", b"\0flows", b"\1"]


class Caller:
    """A peer that may connect, and comes back whenever it is thrown out."""

    def __init__(self, endpoint, kind):
        self.endpoint = endpoint
        self.kind = kind
        self.peer = None

    def say(self, messages):
        try:
            if self.peer is None:
                self.peer = zmtp.Stranger(self.endpoint, self.kind)
                self.peer.socket.settimeout(1)
            for frame, flags in messages:
                self.peer.say(frame, flags)
        except (OSError, TimeoutError):
            self.leave()

    def leave(self):
        if self.peer is not None:
            self.peer.socket.close()
        self.peer = None


def test_messages_of_peers_that_are_let_in(folder):
    mutator = mutator_of(frames_of_peers())
    ingest = start_ingest(folder, spool_dir=folder / "spool", spool_bytes="8MiB")
    callers = [Caller(f"{ingest.endpoint}.ack", b"DEALER"), Caller(f"{ingest.endpoint}.ack", b"REQ"),
               Caller(ingest.tap, b"SUB"), Caller(ingest.endpoint, b"PULL")]

    def send():
        caller = mutator.random.choice(callers)
        caller.say([(mutator.next(), mutator.random.choice((0, 0, 0, zmtp.MORE))) for _ in range(8)])
        if mutator.random.random() < 0.05:
            caller.leave()
        if mutator.random.random() < 0.01:
            ingest.replay("-synthetic=ipfix", "-count=5", "-pps=1000")

    hunt(ingest, send)
    for caller in callers:
        caller.leave()
    check_honest_export(ingest)
    finish(ingest)  # the spool keeps what no store has taken


def greeting_of(mechanism):
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


def test_bytes_of_strangers_on_a_link_with_keys(folder):
    hello = b"\x04\xc8\x05HELLO\x01\x00" + bytes(72) + bytes(32) + bytes(8) + bytes(80)
    seeds = [greeting_of(name) + rest for name in (b"NULL", b"PLAIN", b"CURVE", b"GSSAPI")
             for rest in (b"", hello, b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\4PULL", bytes(300))]
    mutator = mutator_of([*seeds, *frames_of_peers()])
    port = process.free_ports(2)
    edge = Keys(folder, "edge")
    ingest = start_ingest(folder, zmq_keys=edge.folder, zmq_bind=f"tcp://127.0.0.1:{port}")

    def send():
        with contextlib.suppress(OSError), socket.create_connection(
                ("127.0.0.1", port + mutator.random.randrange(2)), 1) as stranger:
            stranger.settimeout(0.05)
            for _ in range(mutator.random.randrange(1, 4)):
                stranger.sendall(mutator.next())
                with contextlib.suppress(TimeoutError):
                    stranger.recv(4096)

    hunt(ingest, send)
    accepted = ingest.metrics().sum("goflow_link_peers_accepted_total")
    case.equal(accepted, 0, "strangers that were let in")
    check_honest_export(ingest)
    finish(ingest, goflow.LOST)


def requests():
    head = b"Host: 127.0.0.1\r\nAuthorization: Basic ZGVmYXVsdDo=\r\n"
    paths = (b"/metrics", b"/templates", b"/exporters", b"/healthz", b"/",
             b"/?query=SELECT%201&database=default", b"/ping")
    plain = [b"GET " + path + b" HTTP/1.1\r\n" + head + b"\r\n" for path in paths]
    chunked = b"POST /?query=SELECT+1 HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n"
    return [
        *plain, chunked + b"5\r\nSELEC\r\n3\r\nT 2\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + head + b"Content-Length: 8\r\n\r\nSELECT 1",
        b"POST / HTTP/1.1\r\n" + head + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
        + bytes.fromhex("1f8b08000000000002030300000000000000000000"),
        b"OPTIONS / HTTP/1.1\r\n" + head + b"Origin: http://elsewhere\r\n\r\n",
        b"HEAD /metrics HTTP/1.0\r\n\r\n", plain[0] + plain[1]]


def sender_of_requests(mutator, ports):
    def send():
        with contextlib.suppress(OSError), socket.create_connection(
                ("127.0.0.1", mutator.random.choice(ports)), 1) as client:
            client.settimeout(0.02)
            client.sendall(mutator.next())
            if mutator.random.random() < 0.5:
                client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(TimeoutError):
                client.recv(65536)

    return send


def test_requests_for_documents(folder):
    ingest = start_ingest(folder)
    hunt(ingest, sender_of_requests(mutator_of(requests()), [ingest.metrics_port]))
    check_honest_export(ingest)
    finish(ingest, goflow.LOST)


def test_requests_to_a_store(folder):
    """Without the engine, which clang's AddressSanitizer cannot load; fuzz_serve_request has its requests."""
    store = goflow.Store(folder, f"ipc://{folder}/nobody", ch_addr="127.0.0.1:1").wait_until_ready()
    hunt(store, sender_of_requests(mutator_of(requests()), [store.metrics_port]))
    finish(store)


if __name__ == "__main__":
    case.main(globals(), seconds=10, seed=1)
