#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a long wire: a TCP relay that delays every byte.
"""
    relay = slow_relay.Relay(folder, place, target="198.51.100.1", port=5557, delay_s=0.3, jitter_s=0.1)
    relay.endpoint        where a program at that place connects to instead of the target

Both directions are delayed, each chunk by some time more, in order. The link has two ports, so it
listens on two. Not every kernel has netem.
"""
import asyncio
import contextlib
import random
import sys

import process

PORTS = 2
CHUNK = 1 << 16


class Relay:
    """A process at the client's end of the wire."""

    def __init__(self, folder, place, target, port, delay_s, jitter_s):
        listen = process.free_ports(PORTS)
        self.endpoint = f"tcp://127.0.0.1:{listen}"
        words = [sys.executable, __file__, listen, target, port, delay_s, jitter_s]
        self.process = process.Process("relay", [*place.prefix, *words], folder)
        self.process.until(lambda: "listens" in self.process.stdout, 30, "does not listen")


async def delay(source, sink, delay_s, jitter_s):
    """Until the source ends."""
    queue = asyncio.Queue()
    pump = asyncio.create_task(pour(queue, sink))
    clock = asyncio.get_running_loop().time
    due = 0
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            due = max(due, clock() + delay_s + random.random() * jitter_s)
            queue.put_nowait((due, data))
    queue.put_nowait((due, b""))
    await pump


async def pour(queue, sink):
    clock = asyncio.get_running_loop().time
    with contextlib.suppress(OSError):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - clock())
            if not data:
                break
            sink.write(data)
            await sink.drain()
    sink.close()


async def relay(ports, target, delays):
    async def serve(reader, writer, port):
        try:
            far_reader, far_writer = await asyncio.open_connection(target, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            delay(reader, far_writer, *delays), delay(far_reader, writer, *delays))

    for listen, port in ports:
        await asyncio.start_server(
            lambda reader, writer, port=port: serve(reader, writer, port), "127.0.0.1", listen)
    print("listens", flush=True)
    await asyncio.Event().wait()


def main():
    listen, port = int(sys.argv[1]), int(sys.argv[3])
    ports = [(listen + i, port + i) for i in range(PORTS)]
    asyncio.run(relay(ports, sys.argv[2], (float(sys.argv[4]), float(sys.argv[5]))))


if __name__ == "__main__":
    main()
