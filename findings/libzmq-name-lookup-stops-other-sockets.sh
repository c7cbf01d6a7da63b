#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a name lookup stops the sockets beside it.
#
# While libzmq looks up the name of one peer, every other socket of the context stands still.
#
# One would expect: a peer whose name cannot be resolved just now concerns the socket that connects
# to it. Sockets whose peers are connected go on.
# What happens: the lookup is a blocking getaddrinfo() in the context's I/O thread. With a name
# server that does not answer, a healthy pair of sockets of the same context delivers nothing
# within three seconds; a pair in a context of its own delivers everything.
# Why it matters: an ingest sends to several stores, one of them by name. A name server that is
# silent for a while (common while containers are replaced) stops the link to all of them, and the
# acknowledgements with it.
# Source: libzmq 4.3.4; zmq_connect(3) does not say where names are resolved.
# Needs root: /etc/resolv.conf and /etc/hosts are replaced in a mount namespace of its own.
. "$(dirname "$0")/support/packages.sh"
fetch_python_zmq
printf 'nameserver 127.0.0.99\noptions timeout:5 attempts:1\n' >"$work/resolv.conf"
printf '127.0.0.1 localhost\n' >"$work/hosts"
export work
export -f python_zmq
unshare --mount bash -euo pipefail -c '
    mount --bind "$work/resolv.conf" /etc/resolv.conf
    mount --bind "$work/hosts" /etc/hosts
    python_zmq' <<'PYTHON'
import os
import socket
import time
import zmq

name_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # hears questions, answers none
name_server.bind(("127.0.0.99", 53))


def delivered(is_same_context):
    """How many of 100 messages a healthy pair delivers in 3 s while another socket looks up a name."""
    context, other = zmq.Context(), zmq.Context()
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    pull.bind("tcp://127.0.0.1:*")
    push.connect(pull.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
    push.send(b"first")
    assert pull.poll(5000) and pull.recv() == b"first"
    named = (context if is_same_context else other).socket(zmq.PUSH)
    named.connect("tcp://store.example:5557")
    time.sleep(0.5)
    for number in range(100):
        push.send(b"%d" % number)
    count, end = 0, time.time() + 3
    while count < 100 and time.time() < end:
        if pull.poll(100):
            pull.recv()
            count += 1
    for socket_ in (pull, push, named):
        socket_.close(linger=0)
    return count


print("libzmq", zmq.zmq_version())
own, same = delivered(False), delivered(True)
print(f"of 100 messages in 3 s: {own} beside a lookup in another context, {same} in the same one")
assert own == 100
assert same == 0, "a lookup no longer stops the other sockets of its context"
os._exit(0)  # a lookup is still under way, and the context's end would wait for it
PYTHON
echo "as described"
