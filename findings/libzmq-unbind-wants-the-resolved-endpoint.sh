#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- unbind does not know tcp://*:PORT that was bound so.
#
# zmq_unbind() with the very text that was given to zmq_bind() fails for tcp://*:PORT.
#
# One would expect: what binds an endpoint of that text ends with the same text; the port is fixed.
# What happens: ENOENT, and the socket goes on listening. Only the text of ZMQ_LAST_ENDPOINT works,
# tcp://0.0.0.0:PORT, where the star has been resolved.
# Why it matters: a program that unbinds to end the connections of a peer whose key was removed (which
# it does: unbinding ends the sessions that were accepted there) leaves them all as they are, unless it
# looks at the result and asks for the endpoint's own name.
# Source: zmq_unbind(3) names the rule for wild-card ports only; libzmq 4.3.4.
. "$(dirname "$0")/support/packages.sh"
fetch_python_zmq
python_zmq <<'PYTHON'
import socket
import time
import zmq

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
context = zmq.Context()
puller = context.socket(zmq.PULL)
puller.bind(f"tcp://*:{port}")
push = context.socket(zmq.PUSH)
push.connect(f"tcp://127.0.0.1:{port}")
push.send(b"one")
assert puller.poll(2000) and puller.recv() == b"one"


def can_connect():
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


try:
    puller.unbind(f"tcp://*:{port}")
    answer = "done"
except zmq.ZMQError as error:
    answer = str(error)
time.sleep(0.5)
listens = can_connect()
print(f"libzmq {zmq.zmq_version()}: unbind of what was bound: {answer}; still listening: {listens}")
last = puller.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
puller.unbind(last)
time.sleep(0.5)
push.send(b"two")
gets = puller.poll(1000) != 0
print("unbind of", last.rsplit(":", 1)[0] + ":PORT", "- still listening:", can_connect(),
      "- the old connection delivers:", gets)
assert "No such file" in answer and listens, "the same text unbinds now"
assert not can_connect() and not gets, "the resolved text does not unbind"
context.destroy(linger=0)
PYTHON
echo "as described"
