#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- who is heard: groups, interfaces, zones, allowed exporters.
"""Exporters in namespaces of their own send to an ingest with two interfaces, left and right."""
import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import network  # noqa: E402
import process  # noqa: E402

SIDES = ("left", "right")
ARRIVE_S = 20
LINK_LOCAL = "fe80::a"  # both exporters have it

SEND = """
import socket, sys
family, host, port, zone, hexes = sys.argv[1:]
with socket.socket(getattr(socket, family), socket.SOCK_DGRAM) as sender:
    place = (host, int(port), 0, socket.if_nametoindex(zone)) if family == "AF_INET6" else (host, int(port))
    if family == "AF_INET":
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    for datagram in hexes.split(","):
        sender.sendto(bytes.fromhex(datagram), place)
"""


class Neighbours:
    """Two networks, each with an exporter behind the interface of that name."""

    def __init__(self):
        network.Network.enter_new_namespace()
        network.run("ip", "link", "set", "lo", "up")
        for index, side in enumerate(SIDES):
            self.connect(side, f"192.0.2.{16 * index + 1}", f"192.0.2.{16 * index + 2}")

    @staticmethod
    def name(side):
        return f"goflow-{side}-{os.getpid()}"

    def connect(self, side, own, other):
        name = self.name(side)
        network.run("ip", "netns", "add", name)
        case.at_case_end.append(
            lambda: subprocess.run(["ip", "netns", "del", name], check=False))
        network.run("ip", "link", "add", side, "type", "veth", "peer", "name", "out", "netns", name)
        for inside, device, addresses in (
                ([], side, (f"{own}/28", "fe80::1/64")),
                (["ip", "netns", "exec", name], "out", (f"{other}/28", f"{LINK_LOCAL}/64"))):
            network.run(*inside, "ip", "link", "set", device, "addrgenmode", "none")
            network.run(*inside, "ip", "link", "set", device, "up")
            for address in addresses:
                nodad = ["nodad"] if ":" in address else []
                network.run(*inside, "ip", "address", "add", address, "dev", device, *nodad)
        network.run("ip", "netns", "exec", name, "ip", "route", "add", "239.0.0.0/8", "dev", "out")

    def send(self, side, host, port, *datagrams):
        family = "AF_INET6" if ":" in host else "AF_INET"
        network.run("ip", "netns", "exec", self.name(side), sys.executable, "-c", SEND, family, host,
                    str(port), "out", ",".join(datagram.hex() for datagram in datagrams))


def console(folder, **settings):
    return goflow.Ingest(folder, transport="console", format="json", **settings).wait_until_ready()


def flow(octets):
    return exports.netflow9(1, exports.template(), exports.data([(octets, 1)]))


def bytes_of(ingest):
    return [json.loads(line)["Bytes"] for line in ingest.stdout.splitlines()]


def test_a_group_is_joined_at_the_interface_and_each_datagram_comes_once(folder):
    neighbours = Neighbours()
    ingest = console(folder, nf_addr="239.1.2.3", nf_interface="left", workers=2)
    neighbours.send("right", "239.1.2.3", ingest.port, flow(1000))
    neighbours.send("left", "239.1.2.4", ingest.port, flow(2000))
    neighbours.send("left", "239.1.2.3", ingest.port, flow(3000))
    case.wait_for(lambda: 3000 in bytes_of(ingest), ARRIVE_S, "the group's flow")
    ingest.stop()
    case.equal(bytes_of(ingest), [3000], "flows")


def test_a_group_that_no_interface_reaches_is_refused_with_what_to_do(folder):
    network.Network.enter_new_namespace()
    network.run("ip", "link", "set", "lo", "up")
    done = process.run("ingest", [goflow.program("goflow-ingest"), "-nf.addr=239.1.2.3",
                                  "-nf.port=0", "-nfl=false", "-sflow=false", "-metrics.addr=",
                                  "-transport=none"], folder)
    case.equal(done.child.returncode, 1, "status")
    case.true("name the interface" in done.stderr and "239.1.2.3" in done.stderr, done.stderr)


def test_only_the_interface_that_is_named_is_heard(folder):
    neighbours = Neighbours()
    ingest = console(folder, nf_interface="right", nf_addr="")
    neighbours.send("left", "192.0.2.1", ingest.port, flow(1000))
    neighbours.send("right", "192.0.2.17", ingest.port, flow(2000))
    case.wait_for(lambda: 2000 in bytes_of(ingest), ARRIVE_S, "the flow from the right")
    ingest.stop()
    case.equal(bytes_of(ingest), [2000], "flows")


def test_one_link_local_address_at_two_interfaces_is_two_exporters(folder):
    neighbours = Neighbours()
    path = folder / "rates"
    path.write_text(f"{LINK_LOCAL}%left 10\n{LINK_LOCAL}%right 20\n")
    ingest = console(folder, nf_addr="", sampling_map=path)
    for octets, side in enumerate(SIDES, 1):
        neighbours.send(side, "fe80::1", ingest.port, flow(octets))
    case.wait_for(lambda: len(bytes_of(ingest)) == 2, ARRIVE_S, "two flows")
    exporters = json.loads(ingest.get("/exporters"))
    case.equal(sorted(exporters), [f"{LINK_LOCAL}%{side}" for side in SIDES], "exporters")
    lost = ingest.metrics().by("flow_traffic_packets", "remote_ip")
    case.equal(lost, {f"{LINK_LOCAL}%{side}": 1 for side in SIDES}, "datagrams by exporter")
    ingest.stop()
    flows = [json.loads(line) for line in ingest.stdout.splitlines()]
    case.equal({(each["SamplerAddress"], each["Bytes"], each["SamplingRate"]) for each in flows},
               {(LINK_LOCAL, 1, 10), (LINK_LOCAL, 2, 20)}, "address, octets and rate of the rows")


def test_only_allowed_exporters_are_decoded_and_others_are_counted_and_named(folder):
    path = folder / "allowed"
    path.write_text("192.0.2.0/24\n127.0.0.2\n")
    ingest = console(folder, workers=2, exporters_allow=path)
    for host in (1, 2, 3):
        exports.send(ingest.port, flow(1000 * host), source=f"127.0.0.{host}")
    case.wait_for(lambda: bytes_of(ingest) == [2000], ARRIVE_S, "the allowed flow")
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_receive_refused_total"), 2, ARRIVE_S, "refused")
    case.equal(list(json.loads(ingest.get("/exporters"))), ["127.0.0.2"], "exporters")
    case.wait_for(lambda: "-exporters.allow does not list" in ingest.stderr, ARRIVE_S, "a log line")
    path.write_text("everybody\n")
    ingest.send(signal.SIGHUP)
    case.wait_for(lambda: "not a prefix" in ingest.stderr and "line=1" in ingest.stderr, ARRIVE_S,
                  "a complaint about line 1")
    path.write_text("127.0.0.1\n")
    ingest.send(signal.SIGHUP)

    def is_heard():
        exports.send(ingest.port, flow(7), source="127.0.0.1")
        return 7 in bytes_of(ingest)

    case.wait_for(is_heard, ARRIVE_S, "the exporter that was added")
    ingest.stop()
    case.true(3000 not in bytes_of(ingest), "a flow of an exporter that is not in the list")


def test_a_port_that_another_process_has_too_is_said(folder):
    first = console(folder, name="first", nf_reuserport=True)
    case.true("another process" not in first.stderr, first.stderr)
    second = console(folder, name="second", nf_reuserport=True, nf_port=first.port)
    case.true("another process listens on this port" in second.stderr, second.stderr)
    second.stop()
    first.stop()


if __name__ == "__main__":
    case.main(globals())
