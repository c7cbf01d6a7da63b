# SPDX-License-Identifier: BSD-3-Clause -- an Open vSwitch without a network, for the findings.
"""
    with dummy_switch.running() as bridge:
        bridge.export("NetFlow", "netflow", port, "active-timeout=1")
        bridge.receive(source_port=5001)      a UDP packet of FRAME_SIZE octets enters at one port

Datapath and ports are Open vSwitch's own dummies: no root, no interface.
"""
import contextlib
import os
import socket
import subprocess
import time

from flows import WORK

FRAME_SIZE = 100  # with the Ethernet header, without the check sequence
PACKET = ("in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),"
          "ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src={port},dst=53)")


class Bridge:
    def __init__(self, folder):
        self.folder = folder
        self.database = f"unix:{folder}/db.sock"

    def set(self, *words):
        subprocess.run(["ovs-vsctl", f"--db={self.database}", "--timeout=20", *words], check=True,
                       stdout=subprocess.DEVNULL, timeout=30)

    def export(self, table, column, port, *settings):
        self.set("--", "--id=@x", "create", table, f'targets="127.0.0.1:{port}"', *settings, "--",
                 "set", "bridge", "br0", f"{column}=@x")

    def receive(self, source_port):
        subprocess.run(
            ["ovs-appctl", "-t", f"{self.folder}/vs.ctl", "netdev-dummy/receive", "p1",
             PACKET.format(port=source_port), "--len", str(FRAME_SIZE)],
            check=True, stdout=subprocess.DEVNULL, timeout=30)


@contextlib.contextmanager
def running():
    folder = WORK / "switch"
    folder.mkdir()
    for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"):
        os.environ[name] = str(folder)
    schema = f"{os.environ['ROOT']}/usr/share/openvswitch/vswitch.ovsschema"
    subprocess.run(["ovsdb-tool", "create", folder / "db", schema], check=True, timeout=30)
    bridge = Bridge(folder)
    started = []
    try:
        start(started, "ovsdb-server", folder / "db", f"--remote=p{bridge.database}",
              f"--unixctl={folder}/db.ctl", until=folder / "db.sock")
        bridge.set("--no-wait", "init")
        start(started, f"{os.environ['ROOT']}/usr/lib/openvswitch-switch/ovs-vswitchd",
              bridge.database, f"--unixctl={folder}/vs.ctl", "--enable-dummy=override",
              until=folder / "vs.ctl")
        words = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy"]
        for port in ("p1", "p2"):
            words += ["--", "add-port", "br0", port, "--", "set", "interface", port, "type=dummy"]
        bridge.set(*words)
        yield bridge
    finally:
        for program in reversed(started):
            program.kill()
            program.wait()


def start(started, *command, until):
    started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for _ in range(100):
        if until.exists():
            return
        time.sleep(0.1)
    raise SystemExit(f"{command[0]} does not start")


def collector():
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    listener.settimeout(10)
    return listener, listener.getsockname()[1]
