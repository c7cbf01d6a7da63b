# SPDX-License-Identifier: BSD-3-Clause -- two replicas of one table, for test scripts.
"""
    pair = replicas.Pair(folder)        Debian's zookeeper and two of its clickhouse-server
    pair.servers[0].kill(); pair.servers[0].start()
    pair.keeper.send(signal.SIGSTOP)
    pair.sync()                         both have every row that one has

The table `netflow` is replicated; the view `by_minute` counts its flows by minute, into a replicated
table as well, because a view sees only INSERTs of its own server.
"""
import pathlib
import socket

import case
import clickhouse
import process

START_S = 90

KEEPER = """tickTime=500
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
maxClientCnxns=0
autopurge.snapRetainCount=3
autopurge.purgeInterval=1
"""

SERVER = """
    <interserver_http_port>{interserver}</interserver_http_port>
    <interserver_http_host>127.0.0.1</interserver_http_host>
    <zookeeper>
        <node><host>127.0.0.1</host><port>{keeper}</port></node>
        <session_timeout_ms>10000</session_timeout_ms>
    </zookeeper>
    <macros><replica>{name}</replica></macros>
"""

TABLES = (
    """
    CREATE TABLE netflow (
        TimeReceived DateTime, SrcAddr String, DstAddr String, SrcPort UInt32, DstPort UInt32,
        Proto UInt32, Bytes UInt64, Packets UInt32, IngestID UInt64, BatchSequence UInt64
    ) ENGINE = ReplicatedMergeTree('/tables/netflow', '{replica}')
    PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
    """,
    """
    CREATE TABLE minutes (Minute DateTime, Proto UInt32, Flows UInt64)
    ENGINE = ReplicatedSummingMergeTree('/tables/minutes', '{replica}')
    PARTITION BY toYYYYMMDD(Minute) ORDER BY (Minute, Proto)
    """,
    """
    CREATE MATERIALIZED VIEW by_minute TO minutes AS
    SELECT toStartOfMinute(TimeReceived) AS Minute, Proto, count() AS Flows
    FROM netflow GROUP BY Minute, Proto
    """,
)


class Keeper:
    """ZooKeeper, alone. Its data outlive the process."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "keeper"
        self.folder.mkdir()
        self.name = "keeper"
        self.port = process.free_ports()
        (self.folder / "zoo.cfg").write_text(KEEPER.format(folder=self.folder, port=self.port))
        self.start()

    def launch(self):
        self.process = process.Process(
            "keeper", [
                "java", "-Xmx256m", "-cp", "/usr/share/java/zookeeper.jar",
                "org.apache.zookeeper.server.quorum.QuorumPeerMain", self.folder / "zoo.cfg",
            ], self.folder)

    def start(self):
        self.launch()
        self.process.until(self.answers, START_S, "does not serve")

    def answers(self):
        """It serves: earlier it takes connections, and closes them."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire:
                wire.sendall(b"srvr")
                return b"Mode: standalone" in wire.makefile("rb").read()
        except OSError:
            return False

    def send(self, number):
        self.process.send(number)

    def kill(self):
        self.process.kill()


class Pair:
    def __init__(self, folder):
        self.keeper = Keeper(folder)
        self.servers = [self.start_server(folder, f"replica{i}") for i in (1, 2)]
        for server in self.servers:
            for statement in TABLES:
                server.query(statement.replace("{replica}", server.name))

    def start_server(self, folder, name):
        more = SERVER.format(
            interserver=process.free_ports(), keeper=self.keeper.port, name=name)
        return clickhouse.Server(folder, name=name, more=more)

    def sync(self, seconds=300):
        """Both servers run."""
        for server in self.servers:
            for table in ("netflow", "minutes"):
                case.wait_for(lambda: self.is_synced(server, table), seconds, f"{table} in sync")

    @staticmethod
    def is_synced(server, table):
        try:
            row = server.query(
                "SELECT is_readonly, queue_size, absolute_delay FROM system.replicas "
                f"WHERE table = '{table}'")[0]
            if row["is_readonly"]:
                return False
            server.query(f"SYSTEM SYNC REPLICA {table}")
            return True
        except (AssertionError, IndexError, OSError):  # it starts, or has gone
            return False
