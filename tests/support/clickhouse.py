# SPDX-License-Identifier: BSD-3-Clause -- a real ClickHouse server for test scripts.
"""
    server = clickhouse.Server(folder)     Debian's clickhouse-server, own config, free ports
    server.query("CREATE TABLE ...")
    server.kill(); server.start()          the same data, the same ports
    clickhouse.Server(folder, address="198.51.100.2")      for others than this host, too
"""
import http.client
import pathlib
import urllib.request

import case
import goflow
import process

START_S = 60

CONFIG = """<yandex>
    <logger><level>warning</level><console>1</console></logger>
    {listen}
    <http_port>{http}</http_port>
    <tcp_port>{native}</tcp_port>
    <path>{folder}/data/</path>
    <tmp_path>{folder}/tmp/</tmp_path>
    <users_config>{folder}/users.xml</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <mark_cache_size>67108864</mark_cache_size>
    <timezone>UTC</timezone>
    {more}
</yandex>
"""

USERS = """<yandex>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password>{password}</password>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </default>
    </users>
</yandex>
"""


class Server:
    """
    Data and ports outlive the process: start() after kill() goes on where it was. `more` is XML for
    its configuration.
    """

    def __init__(self, folder, name="clickhouse", password="", address="", more="", http_port=None):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.name = name
        self.password = password
        self.http_port = http_port or process.free_ports(2)
        self.process = None
        self.more = more
        self.listen = "".join(
            f"<listen_host>{host}</listen_host>" for host in ("127.0.0.1", address) if host)
        (self.folder / "users.xml").write_text(USERS.format(password=password))
        self.start()

    def launch(self):
        """Starts without waiting, on the ports that it has now."""
        (self.folder / "config.xml").write_text(CONFIG.format(
            listen=self.listen, http=self.http_port, native=self.http_port + 1, folder=self.folder,
            more=self.more))
        self.process = process.Process(
            self.name, ["clickhouse-server", f"--config-file={self.folder}/config.xml"],
            self.folder)

    def start(self):
        self.launch()
        self.process.until(self.answers, START_S, "no answer to /ping")

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/ping", timeout=5) as r:
                return r.read() == b"Ok.\n"
        except (OSError, http.client.HTTPException):  # it may die in mid-answer
            return False

    def send(self, number):
        self.process.send(number)

    def kill(self):
        self.process.kill()

    def query(self, statement, database="default"):
        """Rows as dicts; [] for what is no question."""
        return goflow.query(self.http_port, statement, database, self.password)

    def value(self, statement):
        """The one number that the statement selects."""
        rows = self.query(statement)
        case.true(len(rows) == 1 and len(rows[0]) == 1, f"{statement}: {rows}")
        return int(next(iter(rows[0].values())))
