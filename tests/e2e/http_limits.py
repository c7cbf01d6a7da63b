#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- clients of the HTTP server that take places, time and memory.
import contextlib
import http.client
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402

HOST = "127.0.0.1"
HEADERS_S = 10  # common/http_connections.h
SHARE = 96  # of the 128 connections of -ch.serve, for one address
LIMIT = 4 << 20  # four times -block.bytes


def get(port, path):
    """Status of one request."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def dial(port, request=b""):
    client = socket.create_connection((HOST, port), timeout=5)
    client.sendall(request)
    return client


def is_ended(client):
    """The server has closed the connection."""
    client.settimeout(0)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def close_all(clients):
    for client in clients:
        client.close()


def test_ends_slow_headers_and_answers_beside_silent_clients(folder):
    ingest = goflow.Ingest(folder, transport="none", tap_bind="", zmq_bind=[]).wait_until_ready()
    port = ingest.metrics_port
    silent = [dial(port) for _ in range(80)]
    case.equal(get(port, "/healthz"), 200, "/healthz beside 80 silent clients")
    close_all(silent)
    slow = dial(port, b"GET /healthz HTTP/1.1\r\n")
    begun = time.monotonic()
    while not is_ended(slow) and time.monotonic() - begun < HEADERS_S + 10:
        with contextlib.suppress(ConnectionError, BlockingIOError):
            slow.sendall(b"X")
        time.sleep(0.2)
    took = time.monotonic() - begun
    case.true(HEADERS_S - 1 <= took < HEADERS_S + 8, f"the slow client was ended after {took:.1f} s")
    slow.close()
    ingest.stop()


def test_keeps_a_place_for_health_beside_bodies(folder):
    store = goflow.Store(folder, f"ipc://{folder}/nobody.ipc", block_bytes="1MiB")
    store.wait_until_ready()
    body = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nSELECT"
    clients = [dial(store.sql_port, body) for _ in range(SHARE)]

    def is_full():
        """A client whose headers have not been read yet makes way for the question: it comes again."""
        for number, client in enumerate(clients):
            if is_ended(client):
                clients[number] = dial(store.sql_port, body)
        time.sleep(0.2)
        return get(store.sql_port, "/?query=SELECT+1") == 503

    case.wait_for(is_full, 20, "the share of this address is taken")
    for _ in range(3):
        case.equal(get(store.sql_port, "/ping"), 200, "the reserved place")
    case.equal(get(store.sql_port, "/?query=SELECT+1"), 503, "anything else there")
    case.true(not any(is_ended(client) for client in clients), "bodies under way are not cut")
    close_all(clients)
    case.wait_for(lambda: get(store.sql_port, "/?query=SELECT+1") == 200, 10, "places are free again")
    cut_chunks(store)
    refuse_strangers_unread(store)
    store.stop()


def cut_chunks(store):
    """A body without an announced size is read to the limit and not much further."""
    client = dial(store.sql_port,
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 64 << 20:
            client.sendall(chunk)
            sent += 0x10000
    case.true(sent < LIMIT + (16 << 20), f"{sent} bytes were taken")  # and what sockets hold
    client.close()


def refuse_strangers_unread(store):
    client = dial(store.sql_port, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"X-ClickHouse-User: stranger\r\nContent-Length: 1000000\r\n\r\n")
    case.true(client.recv(100).startswith(b"HTTP/1.1 403"), "an unknown user, before the body")
    client.close()
    client = dial(store.sql_port,
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\r\n")
    case.true(client.recv(100).startswith(b"HTTP/1.1 413"), "too large, before the body")
    client.close()


if __name__ == "__main__":
    case.main(globals())
