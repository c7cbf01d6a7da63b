# SPDX-License-Identifier: BSD-3-Clause -- keys folders for test scripts, made by goflow-keys.
"""
    edge, core = keys.Keys(folder, "edge"), keys.Keys(folder, "core")
    edge.allow("store", core)
    edge.refuse("store", core)
"""
import goflow
import process


class Keys:
    """The folder of one program."""

    def __init__(self, folder, name):
        self.name = name
        self.scratch = folder
        self.folder = folder / f"keys-{name}"
        self.run("make", self.folder, name)
        self.public = self.run("list", self.folder).split()[1]

    def run(self, *words):
        return process.check("keys", [goflow.program("goflow-keys"), *words], self.scratch).stdout

    def allow(self, kind, other):
        self.run("allow", self.folder, kind, other.name, other.public)

    def refuse(self, kind, other):
        self.run("refuse", self.folder, kind, other.name)


def pair(folder, kind_of_one, one, kind_of_other, other):
    """Two folders that allow each other."""
    first, second = Keys(folder, one), Keys(folder, other)
    first.allow(kind_of_other, second)
    second.allow(kind_of_one, first)
    return first, second
