# SPDX-License-Identifier: BSD-3-Clause -- disks of a soak, which a fault can fill.
"""
As root a file system of its own, in a sparse file; else a folder, and its disk is not filled.

    disk = soak_disk.Disk(folder, "spool", 12 << 30)
"""
import contextlib
import os
import subprocess

import case

PIECES_BYTES = (1 << 30, 64 << 20, 1 << 20, 4096)
STORED_AFTER = 3000000  # flows
FULL_S = (2, 5, 10)
UNMOUNT_S = 20


class Disk:
    def __init__(self, folder, name, size_bytes):
        self.name = f"{name} disk"
        self.folder = folder / name
        self.folder.mkdir()
        self.filler = self.folder / "filler"
        self.full_until = None  # accepted flows when the disk had room again; stored: all is well
        self.image = folder / f"{name}.image"
        self.is_own = os.geteuid() == 0 and self.mount(size_bytes)
        if self.is_own:
            case.at_case_end.insert(0, self.unmount)  # when the programs are gone
        else:
            print(f"# no file system of its own: the {self.name} is not filled", flush=True)

    def mount(self, size_bytes):
        with open(self.image, "wb") as image:
            image.truncate(size_bytes)
        steps = (
            ["mkfs.ext4", "-q", "-F", str(self.image)],
            ["mount", "-o", "loop,discard", str(self.image), str(self.folder)])
        return all(subprocess.run(words, check=False).returncode == 0 for words in steps)

    def unmount(self):
        """Programs that were children of another may need a moment to end."""
        case.wait_for(
            lambda: subprocess.run(
                ["umount", str(self.folder)], check=False, capture_output=True).returncode == 0,
            UNMOUNT_S, f"the {self.name} is free")

    def fill(self):
        """In ever smaller pieces, because the spool goes on writing."""
        if not self.is_own:
            return
        with open(self.filler, "ab") as file:
            for piece in PIECES_BYTES:
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, piece)

    def mend(self):
        self.filler.unlink(missing_ok=True)
        self.full_until = "now"

    def is_memory_precious(self, account):
        """
        Of the spool's disk: batches that only the ingest's memory has may still wait. They are stored
        about in order, so it is over when many more are stored than had come until the disk had room
        again.
        """
        if self.full_until == "now":
            self.full_until = account.latest["in"]
        if self.full_until is None:
            return False
        many = self.full_until + STORED_AFTER
        if account.latest["stored"] >= many or (
                account.latest["stored"] >= self.full_until
                and account.latest["waiting"] < account.rate_hint):
            self.full_until = None
        return self.full_until is not None


def fill(disk, chance, _report):
    disk.fill()
    yield chance.choice(FULL_S)
    disk.mend()
    yield 2
