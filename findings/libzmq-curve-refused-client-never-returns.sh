#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a CURVE client that was refused stays away.
#
# A CURVE client that the server's ZAP handler refuses never comes back, even after its key has
# been allowed; with a wrong server key it tries for ever; after status 300 it waits without an event.
#
# One would expect: libzmq reconnects after every failure, so a refused client gets in soon after
# an operator has added its key. ZAP calls 300 a temporary failure, so that one is tried again.
# What happens, seen by the client's socket monitor over three seconds each:
#   400 (refused)     one attempt, HANDSHAKE_FAILED_AUTH, no further attempt, even once allowed
#   500 (error)       the same
#   300 (temporary)   the connection stays, without an event of failure and without a handshake, and
#                     nothing further happens once the key is allowed (some runs show one failed
#                     handshake before that)
#   wrong server key  attempts without end, one every reconnect interval, each a failed handshake
# Why it matters: in a guaranteed pipeline the operator adds an edge's key to the folder of allowed
# keys and nothing happens until the edge is restarted. The program itself has to notice the refusal
# and make a new socket.
# Source: ZMTP 3.1's ZAP (RFC 27) calls 300 temporary; libzmq 4.3.4.
. "$(dirname "$0")/support/packages.sh"
fetch_python_zmq
python_zmq <<'PYTHON'
import time
import zmq
from zmq.utils.monitor import recv_monitor_message

CONNECTED, DISCONNECTED = zmq.EVENT_CONNECTED, zmq.EVENT_DISCONNECTED
FAILED = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
          zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)


def run(first_status, has_wrong_server_key=False):
    """(attempts, failures, disconnects) while refused, and attempts once allowed."""
    context = zmq.Context()
    zap = context.socket(zmq.REP)
    zap.bind("inproc://zeromq.zap.01")
    server_public, server_secret = zmq.curve_keypair()
    client_public, client_secret = zmq.curve_keypair()
    server = context.socket(zmq.PULL)
    server.curve_server, server.zap_domain = True, b"link"
    server.curve_publickey, server.curve_secretkey = server_public, server_secret
    server.bind("tcp://127.0.0.1:*")
    client = context.socket(zmq.PUSH)
    client.curve_publickey, client.curve_secretkey = client_public, client_secret
    client.curve_serverkey = zmq.curve_keypair()[0] if has_wrong_server_key else server_public
    client.reconnect_ivl = 100
    monitor = client.get_monitor_socket()
    client.connect(server.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())

    def watch(status):
        events, end = [], time.time() + 3
        while time.time() < end:
            if zap.poll(20):
                version, request, *_ = zap.recv_multipart()
                zap.send_multipart([version, request, status, b"", b"", b""])
            while monitor.poll(0):
                events.append(recv_monitor_message(monitor)["event"])
        return events

    refused, allowed = watch(first_status), watch(b"200")
    context.destroy(linger=0)
    return (refused.count(CONNECTED), sum(event in FAILED for event in refused),
            refused.count(DISCONNECTED), allowed.count(CONNECTED))


print("libzmq", zmq.zmq_version())
for label, result, is_as_seen in (
        ("400", run(b"400"), lambda r: r == (1, 1, 1, 0)),
        ("500", run(b"500"), lambda r: r == (1, 1, 1, 0)),
        ("300", run(b"300"), lambda r: r[0] - r[2] == 1 and r[3] == 0),
        ("wrong server key", run(b"200", True), lambda r: r[0] > 3 and r[3] > 3)):
    print(f"{label}: attempts %d, failures %d, disconnects %d; once allowed, attempts %d" % result)
    assert is_as_seen(result), f"{label}: the behaviour has changed"
PYTHON
echo "as described"
