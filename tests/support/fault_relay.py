#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a TCP relay in a process of its own that fails on demand.
"""
    wire = fault_relay.Relay(folder, "link0", port, count=2)    to 127.0.0.1:port and the port above
    wire.port                       where a program connects to instead
    wire.order("cut")               connections end, new ones are refused
    wire.order("stall")             connections stay, nothing gets through
    wire.order("slow 200000")       so many octets a second each way, for each connection
    wire.order("mend")
"""
import asyncio
import contextlib
import subprocess
import sys

import process

CHUNK = 1 << 16
BEAT_S = 0.05
LISTEN_S = 30


class Relay:
    def __init__(self, folder, name, target, count=1):
        self.name = name
        self.port = process.free_ports(count)
        words = [sys.executable, __file__, self.port, target, count]
        self.process = process.Process(name, words, folder, stdin=subprocess.PIPE)
        self.process.until(lambda: "listens" in self.process.stdout, LISTEN_S, "does not listen")

    def order(self, text):
        self.process.child.stdin.write(text.encode() + b"\n")
        self.process.child.stdin.flush()


class State:
    """What the wires do at present."""

    def __init__(self):
        self.order = "mend"
        self.rate = 0
        self.writers = set()

    def obey(self, line):
        words = line.split()
        if not words:
            return
        self.order = words[0]
        self.rate = int(words[1]) if len(words) > 1 else 0
        if self.order == "cut":
            for writer in list(self.writers):
                writer.transport.abort()


async def pump(state, source, sink):
    """Until one end closes."""
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            while state.order == "stall":
                await asyncio.sleep(BEAT_S)
            if state.order == "slow":
                await asyncio.sleep(len(data) / state.rate)
            sink.write(data)
            await sink.drain()
    sink.close()


async def serve(state, target, reader, writer):
    state.writers.add(writer)
    try:
        if state.order == "cut":
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        state.writers.add(far_writer)
        try:
            await asyncio.gather(
                pump(state, reader, far_writer), pump(state, far_reader, writer))
        finally:
            state.writers.discard(far_writer)
            far_writer.close()
    except OSError:
        pass
    finally:
        state.writers.discard(writer)
        writer.close()


async def main():
    listen, target, count = (int(word) for word in sys.argv[1:4])
    state = State()
    for i in range(count):
        await asyncio.start_server(
            lambda reader, writer, port=target + i: serve(state, port, reader, writer),
            "127.0.0.1", listen + i)
    print("listens", flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        state.obey(line.decode())


if __name__ == "__main__":
    asyncio.run(main())
