# SPDX-License-Identifier: BSD-3-Clause -- packets of the test's own on a switch that exporters watch.
"""
    wire = wire.Wire(folder)             two hosts on an Open vSwitch; the case goes on in its namespace
    wire.exporter_address(3)             10.8.0.3: what is sent there comes from there
    wire.send({1: frames, 2: frames})    the hosts put these Ethernet frames on the wire

Every exporter sends to an address of its own, so one collector tells them apart by their source. The
hosts have no addresses, and IPv6 is off, so nothing is on the wire but what the test sends.
"""
import ctypes
import os
import pathlib
import socket
import struct
import sys
import time

import case
import openvswitch
import process
import traffic

CLONE_NEWNET = 0x40000000
HOSTS = {1: bytes.fromhex("020000000001"), 2: bytes.fromhex("020000000002")}
PORTS = {1: "p1", 2: "p2"}
EXPORTERS = 16
LEARN = b"\x88\xb5"  # IEEE 802's local experimental type: no exporter counts it
FRAMES_PER_SECOND = 500


class Wire:
    def __init__(self, folder):
        self.folder = folder
        self.switch = openvswitch.Switch(folder, with_addresses=False)
        enter(self.switch.name)
        for number in range(1, EXPORTERS + 1):
            process.check("address", ["ip", "address", "add", f"{exporter_address(number)}/32",
                                      "dev", "lo"], folder)
        self.learn()

    def send(self, frames):
        """All hosts at once; returns when the last frame is out."""
        senders = []
        for host, list_ in frames.items():
            capture = self.folder / f"send-{host}.pcap"
            traffic.write_pcap(capture, [from_host(host, frame) for frame in list_])
            senders.append(process.Process(
                f"send-{host}", ["ip", "netns", "exec", self.switch.hosts[host - 1],
                                 sys.executable, __file__, capture], self.folder))
        for sender in senders:
            case.true(sender.wait(60) == 0, f"{sender.name}: {sender.failure()}")

    def learn(self):
        """The switch learns where both hosts are, so that it floods nothing."""
        body = bytes(12) + LEARN + bytes(46)
        self.send({1: [body]})
        self.send({2: [body]})


def exporter_address(number):
    return f"10.8.0.{number}"


def from_host(host, frame):
    return HOSTS[3 - host] + HOSTS[host] + frame[12:]


def enter(name):
    """This thread, and what it starts from now on; back again when the case ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{name}", os.O_RDONLY)
    case.true(libc.setns(there, CLONE_NEWNET) == 0, f"setns: {os.strerror(ctypes.get_errno())}")
    os.close(there)

    def leave():
        libc.setns(home, CLONE_NEWNET)
        os.close(home)

    case.at_case_end.append(leave)


def put(capture):
    """Sends the frames of a capture that traffic.write_pcap() wrote."""
    data = pathlib.Path(capture).read_bytes()
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("eth0", 0))
    at, due = 24, time.monotonic()
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        sender.send(data[at + 16:at + 16 + size])
        at += 16 + size
        due += 1 / FRAMES_PER_SECOND
        time.sleep(max(0, due - time.monotonic()))


if __name__ == "__main__":
    put(sys.argv[1])
