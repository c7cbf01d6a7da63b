# SPDX-License-Identifier: BSD-3-Clause -- a disk of which a power failure leaves what was synced.
"""
    disk = power.Disk(folder, folder / "spool", chance)
    ingest = goflow.Ingest(folder, place=disk.place, spool_dir=disk.files)
    disk.fail(ingest)        kills it; disk.files is what a disk may have after a power failure

What the program syncs is remembered (preload/power_loss.c). Behind the synced bytes of a file a disk
may have others by chance: none, zeroes, or what was written.
"""
import shutil

import case
import goflow


class Disk:
    def __init__(self, folder, files, chance):
        self.files = files
        self.chance = chance
        self.synced = folder / "synced"
        self.synced.mkdir()
        files.mkdir()
        self.begin()
        library = case.Settings.bin.parent / "tests" / "power_loss.so"
        self.place = goflow.Place(
            ["env", f"LD_PRELOAD={library}", f"POWER_LOSS={self.synced}"])

    def begin(self):
        """All that is there now is on the disk."""
        names = []
        for path in self.files.iterdir():
            inode = path.stat().st_ino
            shutil.copy(path, self.synced / str(inode))
            names.append(f"{inode} {path.name}\n")
        (self.synced / "names").write_text("".join(names))

    def names(self):
        """{name: inode} of the folder as it was synced last."""
        lines = (self.synced / "names").read_text().splitlines()
        found = {name: inode for inode, name in (line.split() for line in lines)}
        return {name: inode for name, inode in found.items() if not name.startswith(".")}

    def synced_bytes(self, inode):
        path = self.synced / inode
        return path.read_bytes() if path.exists() else b""

    def has_all(self):
        """Whether nothing is left to sync."""
        there = {path.name: path for path in self.files.iterdir() if path.suffix == ".spool"}
        names = self.names()
        return all(
            name in names and self.synced_bytes(names[name]) == path.read_bytes()
            for name, path in there.items())

    def fail(self, program):
        program.kill()
        written = {str(path.stat().st_ino): path.read_bytes() for path in self.files.iterdir()}
        kept = {
            name: self.with_more(self.synced_bytes(inode), written.get(inode, b""))
            for name, inode in self.names().items()}
        shutil.rmtree(self.files)
        shutil.rmtree(self.synced)
        self.files.mkdir()
        self.synced.mkdir()
        for name, content in kept.items():
            (self.files / name).write_bytes(content)
        self.begin()

    def with_more(self, synced, written):
        rest = written[len(synced):]
        return synced + self.chance.choice([b"", bytes(len(rest)), rest])
