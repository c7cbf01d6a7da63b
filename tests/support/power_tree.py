# SPDX-License-Identifier: BSD-3-Clause -- a tree of folders of which a power failure leaves what was synced.
"""
    disk = power_tree.Disk(folder, folder / "data")
    store = goflow.Store(folder, endpoint, place=disk.place, ch_path=disk.root)
    disk.fail(store)         kills it; disk.root is the least that a disk may have afterwards
"""
import pathlib
import shutil

import case
import goflow


class Disk:
    def __init__(self, folder, root):
        self.root = pathlib.Path(root)
        self.synced = folder / f"{self.root.name}-synced"
        self.root.mkdir()
        self.synced.mkdir()
        library = case.Settings.bin.parent / "tests" / "power_tree.so"
        self.place = goflow.Place([
            "env", f"LD_PRELOAD={library}", f"POWER_TREE={self.synced}", f"POWER_ROOT={self.root}"])

    def remembered(self, kind, inode):
        """Bytes, or None for what was never synced."""
        path = self.synced / f"{kind}{inode}"
        return path.read_bytes() if path.exists() else None

    def make(self, kind, inode, path):
        content = self.remembered(kind, inode)
        if kind == "d":
            path.mkdir(exist_ok=True)
            for line in (content or b"").decode().splitlines():
                entry, entry_kind, name = line.split(" ", 2)
                self.make(entry_kind, entry, path / name)
        elif kind == "l":
            if content is not None:
                path.symlink_to(content.decode())
        else:
            path.write_bytes(content or b"")

    def fail(self, program):
        program.kill()
        inode = self.root.stat().st_ino
        shutil.rmtree(self.root)
        self.make("d", inode, self.root)
        shutil.rmtree(self.synced)
        self.synced.mkdir()
