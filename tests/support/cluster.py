# SPDX-License-Identifier: BSD-3-Clause -- a cluster of two shards of two replicas, for test scripts.
"""
    whole = cluster.Cluster(folder, shards=2)   Debian's zookeeper and four of its clickhouse-server
    whole.shards[0][1].query(...)               the second replica of the first shard

Each server has the table `local`, replicated in its shard, and `netflow`, which is Distributed over
all of them: rows of a batch go to one shard.
"""
import case
import clickhouse
import process
import replicas

REPLICAS = 2
COLUMNS = """
    TimeReceived DateTime, SrcAddr String, DstAddr String, NextHop String, SrcPort UInt32,
    DstPort UInt32, Proto UInt32, Etype UInt32, TCPFlags UInt32, IPTos UInt32, InIf UInt32,
    OutIf UInt32, SrcAS UInt32, DstAS UInt32, SrcNet UInt32, DstNet UInt32, SequenceNum UInt32,
    Bytes UInt64, Packets UInt64, IngestID UInt64, BatchSequence UInt64
"""
LOCAL = f"""
CREATE TABLE local ({COLUMNS}) ENGINE = ReplicatedMergeTree('/tables/local/{{shard}}', '{{replica}}')
PARTITION BY toYYYYMMDD(TimeReceived) ORDER BY TimeReceived
"""
DISTRIBUTED = f"CREATE TABLE netflow ({COLUMNS}) ENGINE = Distributed(flows, default, local, {{key}})"
SHARD = """<shard><internal_replication>true</internal_replication>{replicas}</shard>"""
REPLICA = """<replica><host>127.0.0.1</host><port>{port}</port></replica>"""


class Cluster:
    def __init__(self, folder, shards=2, key="BatchSequence"):
        self.keeper = replicas.Keeper(folder)
        self.ports = [[process.free_ports(2) for _ in range(REPLICAS)] for _ in range(shards)]
        self.shards = [
            [self.start_server(folder, shard, replica) for replica in range(REPLICAS)]
            for shard in range(shards)]
        for shard in self.shards:
            for server in shard:
                server.query(LOCAL)
                server.query(DISTRIBUTED.format(key=key))

    @property
    def servers(self):
        return [server for shard in self.shards for server in shard]

    def remote_servers(self):
        shards = "".join(SHARD.format(replicas="".join(
            REPLICA.format(port=port + 1) for port in shard)) for shard in self.ports)
        return f"<remote_servers><flows>{shards}</flows></remote_servers>"

    def start_server(self, folder, shard, replica):
        name = f"shard{shard + 1}replica{replica + 1}"
        more = replicas.SERVER.format(
            interserver=process.free_ports(), keeper=self.keeper.port, name=name)
        more = more.replace("<macros>", f"<macros><shard>{shard + 1}</shard>") + self.remote_servers()
        return clickhouse.Server(folder, name=name, more=more, http_port=self.ports[shard][replica])

    def rows(self):
        """{number: how often}, of one replica of each shard that has all."""
        return self.servers[0].query("SELECT Bytes, count() AS c FROM netflow GROUP BY Bytes")

    def sync(self, seconds=120):
        for server in self.servers:
            case.wait_for(lambda of=server: replicas.Pair.is_synced(of, "local"), seconds, "in sync")
