# SPDX-License-Identifier: BSD-3-Clause -- databases of the soak: replicas or the engine, with a view.
import case
import engine_server
import goflow
import members
import process
import replicas

VIEW_TABLE = """
CREATE TABLE minutes (Minute DateTime, Proto UInt32, Flows UInt64)
ENGINE = SummingMergeTree PARTITION BY toYYYYMMDD(Minute) ORDER BY (Minute, Proto)
"""
VIEW = """
CREATE MATERIALIZED VIEW by_minute TO minutes AS
SELECT toStartOfMinute(TimeReceived) AS Minute, toUInt32(Proto) AS Proto, count() AS Flows
FROM netflow GROUP BY Minute, Proto
"""
SYNC_S = 600


class Server:
    """A clickhouse.Server or replicas.Keeper as process.Process for a members.Member."""

    def __init__(self, server):
        self.server = server

    def start(self, number):
        if number > 0:
            self.server.launch()
        self.server.process.answers = self.server.answers
        return self.server.process


class Replicas:
    def __init__(self, folder):
        self.pair = replicas.Pair(folder)
        self.ports = [server.http_port for server in self.pair.servers]
        self.members = [
            members.Member(server.name, Server(server).start, is_ours=False)
            for server in (*self.pair.servers, self.pair.keeper)]

    def settle(self):
        self.pair.sync(SYNC_S)

    def answers(self):
        """What each replica says when it is asked."""
        return [server.query for server in self.pair.servers]


class Engine:
    def __init__(self, folder):
        self.folder = folder
        self.ports = [process.free_ports()]
        self.engine = None
        self.members = [members.Member("engine", self.start)]
        self.engine.store.wait_until_ready()
        self.engine.query(VIEW_TABLE)
        self.engine.query(VIEW)

    def start(self, number):
        self.engine = engine_server.Engine.__new__(engine_server.Engine)
        self.engine.folder, self.engine.http_port = self.folder, self.ports[0]
        self.engine.settings = {}
        self.engine.place, self.engine.deaths = goflow.HERE, number
        self.engine.launch()
        return self.engine.store

    def settle(self):
        case.wait_for(self.members[0].is_ready, SYNC_S, "the engine answers")

    def answers(self):
        return [self.engine.query]


class Served:
    """The engine of a store of the launcher, which is ready."""

    def __init__(self, launcher, sql_port):
        self.launcher = launcher
        self.sql_port = sql_port
        case.wait_for(self.has_table, SYNC_S, "the table")
        self.query(VIEW_TABLE)
        self.query(VIEW)

    def query(self, statement):
        return goflow.query(self.sql_port, statement)

    def has_table(self):
        try:
            return self.query("EXISTS TABLE netflow")[0]["result"] == 1
        except (AssertionError, OSError):
            return False

    def settle(self):
        case.wait_for(self.launcher.is_ready, SYNC_S, "the launcher's programs answer")

    def answers(self):
        return [self.query]


KINDS = {"replicas": Replicas, "engine": Engine}
