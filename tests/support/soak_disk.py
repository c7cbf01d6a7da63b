# SPDX-License-Identifier: BSD-3-Clause -- a small disk for the spool, which a fault can fill.
"""
As root a tmpfs of its own; else a folder, and its disk is not filled.
"""
import contextlib
import os
import subprocess

import case

SIZE = "3g"
PIECES_BYTES = (64 << 20, 1 << 20, 4096)
FULL_S = (2, 5, 10)


class Disk:
    name = "disk"

    def __init__(self, folder, report):
        self.folder = folder / "spool"
        self.folder.mkdir()
        self.report = report
        self.filler = self.folder / "filler"
        self.full_until = None  # accepted flows when the disk had room again; stored: all is well
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.folder)]
        self.is_own = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
        if self.is_own:
            case.at_case_end.insert(0, self.unmount)  # when the programs are gone
        else:
            print("# not root: the spool's disk is not filled", flush=True)

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=False)

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

    def is_memory_precious(self, line):
        """Batches that only the ingest's memory has may still wait."""
        account = line.account
        if self.full_until == "now":
            self.full_until = account.latest["in"]
        if self.full_until is not None and account.latest["stored"] >= self.full_until:
            if account.latest["waiting"] < account.rate_hint:
                self.full_until = None
        return self.full_until is not None


def fill(disk, chance, _report):
    disk.fill()
    yield chance.choice(FULL_S)
    disk.mend()
    yield 2
