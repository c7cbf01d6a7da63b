# SPDX-License-Identifier: BSD-3-Clause -- the embedded engine as a database that can be killed.
"""
    database = engine_server.Engine(folder)
    database.kill(); database.start_again()        the same data, the same port
"""
import goflow
import process


class Engine:
    """The embedded engine of a store that has no other work than to serve it."""

    def __init__(self, folder, http_port=None, place=goflow.HERE, **settings):
        self.folder = folder
        self.http_port = http_port or process.free_ports()
        self.place = place
        self.settings = settings  # more flags of the store
        self.deaths = 0
        self.start_again()

    def launch(self):
        """Starts without waiting."""
        self.store = goflow.Store(
            self.folder, f"ipc://{self.folder}/nobody.ipc", name=f"engine{self.deaths}",
            place=self.place, ch_path=self.folder / "engine",
            ch_serve=f"127.0.0.1:{self.http_port}", **self.settings)

    def start_again(self):
        self.launch()
        self.store.wait_until_ready()

    def query(self, statement):
        return goflow.query(self.http_port, statement)

    def send(self, number):
        self.store.send(number)

    def kill(self):
        self.store.kill()
        self.deaths += 1
