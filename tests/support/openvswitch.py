# SPDX-License-Identifier: BSD-3-Clause -- an Open vSwitch of the test's own, in its own namespaces.
"""
    switch = openvswitch.Switch(folder)      two hosts, 10.9.0.1 and 10.9.0.2, on one bridge
    openvswitch.Switch(folder, with_addresses=False)    hosts that say nothing by themselves
    switch.export(port, "sFlow", sampling=1, ...)
    switch.talk()

Userspace datapath: no kernel module. Everything lives in network namespaces and in the case's folder.
"""
import os
import sys

import case
import process

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
BRIDGE = "br0"
NO_IPV6 = [f"net.ipv6.conf.{which}.disable_ipv6=1" for which in ("all", "default")]
TALK = """
import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("10.9.0.1", 5000))
for number in range(20):
    sender.sendto(bytes(100 + number), ("10.9.0.2", 5001))
    time.sleep(0.1)  # so that the switch sees a flow that lasts
"""


class Switch:
    def __init__(self, folder, with_addresses=True):
        self.folder = folder
        self.with_addresses = with_addresses
        self.name = f"gf{os.getpid()}"
        self.inside = ["ip", "netns", "exec", self.name]
        self.database = f"unix:{folder}/db.sock"
        self.hosts = [f"{self.name}h{number}" for number in (1, 2)]
        for space in (self.name, *self.hosts):
            process.check("netns", ["ip", "netns", "add", space], folder)
            if not with_addresses:
                process.check("no-v6", ["ip", "netns", "exec", space, "sysctl", "-qw",
                                        *NO_IPV6], folder)
            case.at_case_end.append(lambda space=space: process.run(
                "netns-del", ["ip", "netns", "del", space], folder))
        self.start()
        for number, host in enumerate(self.hosts, 1):
            self.connect(number, host)

    def start(self):
        """Database and switch; both end with the case."""
        process.check("ovsdb-create", ["ovsdb-tool", "create", f"{self.folder}/db", SCHEMA],
                      self.folder)
        self.server = process.Process(
            "ovsdb", ["ovsdb-server", f"{self.folder}/db", f"--remote=p{self.database}",
                      f"--unixctl={self.folder}/db.ctl"], self.folder)
        self.server.until((self.folder / "db.sock").exists, 20, "no database socket")
        self.set("--no-wait", "init")
        self.switch = process.Process(
            "vswitchd", [*self.inside, "env", f"OVS_RUNDIR={self.folder}", "ovs-vswitchd",
                         self.database, f"--unixctl={self.folder}/vs.ctl"], self.folder)
        process.check("lo", [*self.inside, "ip", "link", "set", "lo", "up"], self.folder)
        self.set("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")

    def set(self, *words):
        process.check("ovs-vsctl", ["ovs-vsctl", f"--db={self.database}", "--timeout=20", *words],
                      self.folder)

    def connect(self, number, host):
        """A veth pair: one end on the bridge, the other is the host."""
        port = f"p{number}"
        process.check("veth", [*self.inside, "ip", "link", "add", port, "type", "veth", "peer",
                               "name", "eth0", "netns", host], self.folder)
        process.check("up", [*self.inside, "ip", "link", "set", port, "up"], self.folder)
        in_host = ["ip", "netns", "exec", host, "ip"]
        if self.with_addresses:
            process.check("addr", [*in_host, "addr", "add", f"10.9.0.{number}/24", "dev", "eth0"],
                          self.folder)
        process.check("host-up", [*in_host, "link", "set", "eth0", "up"], self.folder)
        self.set("add-port", BRIDGE, port)

    def export(self, table, column, port, *settings, collector="127.0.0.1"):
        """An exporter of the bridge: export("NetFlow", "netflow", 2055, "active-timeout=1")."""
        target = "target" if table == "sFlow" else "targets"
        self.set("--", "--id=@x", "create", table, f'{target}="{collector}:{port}"', *settings,
                 "--", "set", "bridge", BRIDGE, f"{column}=@x")

    def talk(self):
        """Twenty datagrams from the first host to the second."""
        process.check("talk", ["ip", "netns", "exec", self.hosts[0], sys.executable, "-c", TALK],
                      self.folder)
