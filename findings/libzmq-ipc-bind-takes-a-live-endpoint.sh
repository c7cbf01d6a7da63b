#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a second bind to an ipc path succeeds and takes the path.
#
# Binding a socket to the ipc path of a process that lives succeeds, and takes that process's clients.
#
# One would expect: as with tcp, the second bind fails with "Address already in use"; and a path
# where a regular file lies is refused.
# What happens: whatever is at the path is unlinked first. The bind of the second process succeeds.
# The first process gets no error and no event, keeps the connections it has, and never gets another
# one. A regular file at the path is deleted.
# Why it matters: a collector that is started twice with one ipc endpoint splits its peers between
# two processes, and neither knows. A program has to look at the path before it binds.
# Source: zmq_ipc(7) mentions the unlinking only for abstract and wild-card names; libzmq 4.3.4.
. "$(dirname "$0")/support/packages.sh"
fetch_python_zmq
export WORK=$work
python_zmq <<'PYTHON'
import os
import stat
import zmq

context = zmq.Context()
endpoint = "ipc://" + os.environ["WORK"] + "/feed"
path = endpoint.removeprefix("ipc://")


def receives(puller, wait_ms):
    return puller.recv() if puller.poll(wait_ms) else None


def send(text):
    push = context.socket(zmq.PUSH)
    push.connect(endpoint)
    push.send(text)
    return push


first = context.socket(zmq.PULL)
monitor = first.get_monitor_socket()
first.bind(endpoint)
old_client = send(b"one")
assert receives(first, 2000) == b"one"
while monitor.poll(200):  # listening, accepted, handshake
    monitor.recv_multipart()
second = context.socket(zmq.PULL)
second.bind(endpoint)
print("libzmq", zmq.zmq_version(), "- the second bind to the path succeeds")
new_client = send(b"two")
took_new = receives(second, 2000)
old_client.send(b"three")
kept_old = receives(first, 2000)
events = monitor.poll(500)
print("a new client reaches the second socket:", took_new, "- an old one the first:", kept_old)
print("events at the first socket meanwhile:", bool(events))
assert took_new == b"two" and kept_old == b"three" and not events, "it is noticed now"
context.destroy(linger=0)

context = zmq.Context()
with open(path + "-file", "w") as file:
    file.write("somebody's notes\n")
over_file = context.socket(zmq.PULL)
over_file.bind(endpoint + "-file")
is_socket = stat.S_ISSOCK(os.stat(path + "-file").st_mode)
print("a regular file at the path is a socket afterwards:", is_socket)
assert is_socket, "a regular file is left alone now"
context.destroy(linger=0)

context = zmq.Context()
listening = context.socket(zmq.PULL)
port = listening.bind_to_random_port("tcp://127.0.0.1")
try:
    context.socket(zmq.PULL).bind(f"tcp://127.0.0.1:{port}")
    raise AssertionError("tcp does the same now")
except zmq.ZMQError as error:
    print("the same with tcp:", error)
context.destroy(linger=0)
PYTHON
echo "as described"
