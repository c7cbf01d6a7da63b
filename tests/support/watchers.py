# SPDX-License-Identifier: BSD-3-Clause -- exporters that watch one wire, each in every protocol it has.
"""
    started = watchers.start(wire, port)     softflowd, pmacct, fprobe and the switch itself
    watchers.KINDS                           what each sends, and how it counts: docs/exporters.md
    watchers.end(wire, started)              all end; started again, they are exporters that begin anew
    watchers.live(wire, seconds)             some time passes
    watchers.push(wire)                      has them export what they have seen for two seconds
    started[-1].stop()                       the same for nfprobe
"""
import collections
import ipaddress
import pathlib
import socket
import time

import case
import openvswitch
import process
import traffic
import wire as wires

SFLOW_OVERHEAD = traffic.ETHERNET_SIZE + 4  # frame with its check sequence
COUNTS_WITH = "flows up to the last one, without options data"

# `number` is of the exporter's address; `overhead` are octets of each packet beside the IP packet;
# `counts` is what /exporters says of its sequence, None where it counts as specified.
Kind = collections.namedtuple("Kind", "name number type overhead has_v6 counts")

KINDS = (
    Kind("softflowd NetFlow 5", 1, "NetFlow5", 0, False, None),
    Kind("softflowd NetFlow 9", 2, "NetFlow9", 0, True, None),
    Kind("softflowd IPFIX", 3, "IPFIX", 0, True, COUNTS_WITH),
    Kind("nfprobe NetFlow 5", 4, "NetFlow5", 0, False, None),
    Kind("nfprobe NetFlow 9", 5, "NetFlow9", 0, True, None),
    Kind("nfprobe IPFIX", 6, "IPFIX", 0, True, None),
    Kind("sfprobe sFlow", 7, "sFlow5", SFLOW_OVERHEAD, True, None),
    Kind("fprobe NetFlow 5", 8, "NetFlow5", 0, False, None),
    Kind("Open vSwitch NetFlow 5", 9, "NetFlow5", traffic.ETHERNET_SIZE, False, COUNTS_WITH),
    Kind("Open vSwitch IPFIX", 10, "IPFIX", 0, True, COUNTS_WITH),
    Kind("Open vSwitch sFlow", 11, "sFlow5", SFLOW_OVERHEAD, True, None),
)
SOFTFLOWD = {1: 5, 2: 9, 3: 10}
NFPROBE = {4: 5, 5: 9, 6: 10}  # 1.7.7 exported when it ended, whatever its timeouts
READY_S = 20
SFPROBE, FPROBE, OVS_NETFLOW, OVS_IPFIX, OVS_SFLOW = range(7, 12)
# Packets that count for nothing, but move the others along: softflowd 1.1.0 opens the device without a
# read timeout, so libpcap hands packets over when they fill a block of 256 KiB, and pmacct's sfprobe
# sends when a datagram is full.
PUSH = traffic.Session(ipaddress.ip_address("198.51.100.1"), ipaddress.ip_address("198.51.100.2"),
                       traffic.UDP, 9, 9, [1400] * 200)

PMACCTD = """daemonize: false
pcap_interface: {device}
plugins: {plugins}
aggregate: src_host, dst_host, src_port, dst_port, proto, tos
snaplen: 256
plugin_pipe_size: 16777216
"""


def start(wire, port):
    """The processes beside the switch, and then until all of them watch."""
    fprobe = process.Process(
        "fprobe", ["fprobe", "-i", wires.PORTS[1], "-f", "ip", "-l", "2", "-s1", "-d1", "-e2",
                   "-q", "10000", "-n5", target(FPROBE, port)], wire.folder)
    started = [fprobe, *softflowd(wire, port), pmacctd(wire, port)]
    switch(wire, port)
    case.wait_for(lambda: watching() > len(started), READY_S, "programs that watch")
    return started


def watching():
    """How many sockets capture on the wire; one is the switch's own."""
    index = str(socket.if_nametoindex(wires.PORTS[1]))
    lines = pathlib.Path("/proc/net/packet").read_text().splitlines()[1:]
    return sum(line.split()[4] == index for line in lines)


def push(wire):
    wire.send({1: list(traffic.packets([PUSH], 1))})


def live(wire, seconds):
    """A packet a second that counts for nothing: sfprobe's uptime goes on only with packets."""
    for _ in range(seconds):
        wire.send({1: list(traffic.packets([PUSH._replace(sizes=[100])], 1))})
        time.sleep(1)


def end(wire, started):
    for program in started:
        program.kill()
    for column in ("netflow", "ipfix", "sflow"):
        wire.switch.set("clear", "bridge", openvswitch.BRIDGE, column)


def target(number, port):
    return f"{wires.exporter_address(number)}:{port}"


def softflowd(wire, port):
    return [process.Process(
        f"softflowd-{version}",
        ["softflowd", "-d", "-i", wires.PORTS[1], "-v", version, "-n", target(number, port),
         "-p", wire.folder / f"softflowd-{version}.pid",
         "-c", wire.folder / f"softflowd-{version}.ctl", "-t", "maxlife=2", "-t", "expint=1"],
        wire.folder) for number, version in SOFTFLOWD.items()]


def pmacctd(wire, port):
    """One process with a plugin for each protocol."""
    plugins = [f"nfprobe[n{version}]" for version in NFPROBE.values()] + ["sfprobe[s]"]
    lines = [PMACCTD.format(device=wires.PORTS[1], plugins=", ".join(plugins))]
    for number, version in NFPROBE.items():
        lines += [f"nfprobe_receiver[n{version}]: {target(number, port)}",
                  f"nfprobe_version[n{version}]: {version}",
                  f"nfprobe_timeouts[n{version}]: expint=1:maxlife=2"]
    lines += [f"sfprobe_receiver[s]: {target(SFPROBE, port)}",
              f"sfprobe_agentip[s]: {wires.exporter_address(SFPROBE)}", ""]
    config = wire.folder / "pmacctd.conf"
    config.write_text("\n".join(lines))
    return process.Process("pmacctd", ["pmacctd", "-f", config], wire.folder)


def switch(wire, port):
    wire.switch.export("NetFlow", "netflow", port, "active-timeout=1",
                       collector=wires.exporter_address(OVS_NETFLOW))
    switch_ipfix(wire, port)
    switch_sflow(wire, port)


def switch_ipfix(wire, port, sampling=1):
    wire.switch.export("IPFIX", "ipfix", port, f"sampling={sampling}", "obs_domain_id=123",
                       "obs_point_id=456", "cache_active_timeout=1",
                       collector=wires.exporter_address(OVS_IPFIX))


def switch_sflow(wire, port, sampling=1):
    wire.switch.export("sFlow", "sflow", port, f"sampling={sampling}", "header=128", "polling=1",
                       "agent=lo", collector=wires.exporter_address(OVS_SFLOW))
