# SPDX-License-Identifier: BSD-3-Clause -- a remote host and the wire to it, in namespaces.
"""
    network = network.Network()          the case goes on in a network of its own; needs root
    goflow.Ingest(folder, place=network.edge)
    network.cut(); network.join()        the wire is pulled out, and put in again
    network.slow("2mbit")                a narrow wire (tc tbf)
    network.lose(20)                     a bad one: so many packets in a hundred are lost (nftables)
    network.spoil("delay 50ms 20ms")     what netem does, where network.lacks_netem() is nothing
    network.mend()
    ingest, store = network.line(folder, stores_connect=True)      at both ends of the wire

There are two links between the case and the edge: the wire, which breaks, and a console on which the
test asks and sends at any time. Both ends are namespaces that the case made, and go with it.
"""
import ctypes
import os
import subprocess

import case
import goflow

CLONE_NEWNET = 0x40000000
PORT = 5557  # in namespaces that only their case uses
WIRE = {"edge": "198.51.100.1", "core": "198.51.100.2"}
CONSOLE = {"edge": "192.0.2.1", "core": "192.0.2.2"}
FILTER = "{ type filter hook input priority 0; }"


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    case.true(done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}")


def lacks_netem():
    """What the kernel says when it is asked for netem; nothing when it has it."""
    done = subprocess.run(
        ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"],
        capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())


class Network:
    def __init__(self):
        self.name = f"goflow-edge-{os.getpid()}"
        self.inside = ["ip", "netns", "exec", self.name]
        self.edge = goflow.Place(self.inside, CONSOLE["edge"])
        self.enter_new_namespace()
        case.at_case_end.append(
            lambda: subprocess.run(["ip", "netns", "del", self.name], check=False))
        run("ip", "netns", "add", self.name)
        for side in ([], self.inside):
            run(*side, "ip", "link", "set", "lo", "up")
        self.connect("wire", WIRE)
        self.connect("console", CONSOLE)

    @staticmethod
    def enter_new_namespace():
        """This thread and what it starts from now on; back again when the case ends."""
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        case.true(libc.unshare(CLONE_NEWNET) == 0, f"unshare: {os.strerror(ctypes.get_errno())}")

        def leave():
            libc.setns(home, CLONE_NEWNET)
            os.close(home)

        case.at_case_end.append(leave)

    def connect(self, device, addresses):
        run("ip", "link", "add", device, "type", "veth", "peer", "name", device,
            "netns", self.name)
        for side, inside in (("core", []), ("edge", self.inside)):
            run(*inside, "ip", "address", "add", f"{addresses[side]}/24", "dev", device)
            run(*inside, "ip", "link", "set", device, "up")

    def line(self, folder, stores_connect, **settings):
        """An ingest at the edge with a spool, a store here; who calls whom is the caller's choice."""
        listen = WIRE["edge" if stores_connect else "core"]
        endpoint = f"tcp://{listen}:{PORT}"
        ingest = goflow.Ingest(
            folder, place=self.edge, batch_flows=200, spool_dir=folder / "spool",
            zmq_bind=endpoint if stores_connect else [],
            zmq_connect=[] if stores_connect else endpoint, zmq_insecure=True, **settings)
        store = goflow.Store(
            folder, endpoint if stores_connect else [], zmq_bind=[] if stores_connect else endpoint,
            zmq_insecure=True)
        return ingest.wait_until_ready(), store.wait_until_ready()

    def cut(self):
        run("ip", "link", "set", "wire", "down")

    def join(self):
        run("ip", "link", "set", "wire", "up")

    def slow(self, rate):
        for inside in ([], self.inside):
            run(*inside, "tc", "qdisc", "replace", "dev", "wire", "root", "tbf",
                "rate", rate, "burst", "32kb", "latency", "400ms")

    def lose(self, percent):
        for inside in ([], self.inside):
            self.filter(inside, "bad", "numgen", "random", "mod", "100", "<", str(percent))

    def spoil(self, words):
        """Instead of what was before; packets that are on the way are lost by the change."""
        self.mend()
        for inside in ([], self.inside):
            run(*inside, "tc", "qdisc", "add", "dev", "wire", "root", "netem", *words.split())

    def mend(self):
        """What slow(), lose() and spoil() did; harmless when they did nothing."""
        for inside in ([], self.inside):
            for words in (["tc", "qdisc", "del", "dev", "wire", "root"],
                          ["nft", "delete", "table", "ip", "bad"]):
                subprocess.run([*inside, *words], capture_output=True, check=False)

    def refuse_calls_to_edge(self):
        """What NAT does to a host behind it: it can call, and cannot be called."""
        self.filter(self.inside, "nat", "tcp", "flags", "&", "(syn|ack)", "==", "syn")

    @staticmethod
    def filter(inside, table, *match):
        run(*inside, "nft", "add", "table", "ip", table)
        run(*inside, "nft", "add", "chain", "ip", table, "in", FILTER)
        run(*inside, "nft", "add", "rule", "ip", table, "in", "iifname", "wire", *match, "drop")
