#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- datagrams that arrive at a port, as a capture.
"""
    recorder = udp_recorder.Recorder(folder, "softflowd", port, shown_port)
    ... an exporter sends to 127.0.0.1:port ...
    capture = recorder.finish()         after a second without a datagram

A process of its own, so that it can be put into a network namespace; as a program:
udp_recorder.py PORT SHOWN_PORT CAPTURE. In the capture the datagrams went to SHOWN_PORT, by which
other decoders know the protocol.
"""
import pathlib
import signal
import socket
import struct
import sys
import time

import case
import golden
import process

QUIET_S = 1
LARGEST = 65535


class Recorder(process.Process):
    def __init__(self, folder, name, port, shown_port, prefix=()):
        self.capture = pathlib.Path(folder) / f"{name}.pcap"
        super().__init__(
            f"record-{name}",
            [*prefix, sys.executable, __file__, port, shown_port, self.capture], folder)
        self.until(lambda: "ready" in self.stdout, 20, "not ready")

    def datagrams(self):
        return len(self.stdout.splitlines()) - 1

    def finish(self, at_least=1, seconds=30):
        """Waits for the datagrams and then for a quiet second."""
        self.until(lambda: self.datagrams() >= at_least, seconds, "no datagrams")
        seen = [0, time.monotonic()]

        def is_quiet():
            if self.datagrams() != seen[0]:
                seen[:] = [self.datagrams(), time.monotonic()]
            return time.monotonic() - seen[1] > QUIET_S

        case.wait_for(is_quiet, seconds, "the exporter goes on sending")
        self.stop()
        return self.capture


def record(port, shown_port, path):
    """Until SIGTERM; says "ready", then a line for each datagram."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    listener.bind(("127.0.0.1", port))
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LARGEST, 1))
        print("ready", flush=True)
        while True:
            payload = listener.recv(LARGEST)
            frame = golden.udp_frame(payload, shown_port)
            now = time.time()
            file.write(struct.pack(
                "<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
            file.flush()
            print(len(payload), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    record(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
