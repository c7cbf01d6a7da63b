#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- PUSH uses one address of a name that has several.
#
# A PUSH that connects to a name with several addresses connects to the first of them only.
#
# One would expect: PUSH deals round-robin to its peers, and a service that is scaled to three
# (docker compose gives its name three A records) has three peers behind the one name.
# What happens: all messages go to one peer. The others get nothing, at the start and later. When
# the first address refuses, the next one is not tried either: all messages wait.
# Why it matters: an ingest that connects to tcp://store:5557 and four stores behind that name use
# one store. The side that is scaled has to connect, and the other one has to bind.
# Source: zmq_tcp(7) says nothing of names with several addresses; libzmq 4.3.4.
# Needs root: /etc/hosts is replaced in a mount namespace of its own.
. "$(dirname "$0")/support/packages.sh"
fetch_python_zmq
printf '127.0.0.1 localhost\n127.0.0.11 store\n127.0.0.12 store\n127.0.0.13 store\n' >"$work/hosts"
export work
export -f python_zmq
unshare --mount bash -euo pipefail -c 'mount --bind "$work/hosts" /etc/hosts && python_zmq' <<'PYTHON'
import socket
import time
import zmq

ADDRESSES = ("127.0.0.11", "127.0.0.12", "127.0.0.13")


def run(is_first_up):
    """How many of 300 messages each peer gets."""
    context = zmq.Context()
    peers = {address: context.socket(zmq.PULL) for address in ADDRESSES}
    with socket.socket() as probe:
        probe.bind(("127.0.0.11", 0))
        port = probe.getsockname()[1]
    first = socket.getaddrinfo("store", port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
    for address, peer in peers.items():
        if is_first_up or address != first:
            peer.bind(f"tcp://{address}:{port}")
    push = context.socket(zmq.PUSH)
    push.reconnect_ivl, push.sndhwm = 50, 1000
    push.connect(f"tcp://store:{port}")
    time.sleep(1)
    for number in range(300):
        push.send(b"%d" % number)
    time.sleep(1.5)
    counts = []
    for peer in peers.values():
        count = 0
        while peer.poll(0):
            peer.recv()
            count += 1
        counts.append(count)
    context.destroy(linger=0)
    return sorted(counts)


print("libzmq", zmq.zmq_version())
print("addresses of the name:", sorted({entry[4][0] for entry in socket.getaddrinfo("store", 1)}))
all_up, first_down = run(True), run(False)
print("300 messages, three peers up:", all_up)
print("300 messages, the first address down:", first_down)
assert all_up == [0, 0, 300], "several addresses of a name are used now"
assert first_down == [0, 0, 0], "another address is tried now"
PYTHON
echo "as described"
