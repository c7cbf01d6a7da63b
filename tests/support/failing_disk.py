# SPDX-License-Identifier: BSD-3-Clause -- a disk that turns bad under a program that runs.
"""
    disk = failing_disk.Disk(folder)
    ingest = goflow.Ingest(folder, place=disk.place, spool_dir=...)
    disk.fail("write", errno.EROFS)     or "read", "sync", "syncfs"; "file": of the engine alone
    disk.mend()

The kernel turns no file system read-only while a file is open for writing, unless it is broken; so
it is the calls that fail (preload/bad_disk.c).
"""
import case
import goflow


class Disk:
    def __init__(self, folder):
        self.orders = folder / "disk.orders"
        self.mend()
        library = case.Settings.bin.parent / "tests" / "bad_disk.so"
        self.place = goflow.Place(
            ["env", f"LD_PRELOAD={library}", f"BAD_DISK={self.orders}"])

    def fail(self, what, number):
        self.order(f"{what} {number}\n")

    def mend(self):
        self.order("")

    def order(self, text):
        fresh = self.orders.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.orders)  # nobody reads half of it
