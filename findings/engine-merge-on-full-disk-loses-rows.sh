#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a merge on a disk that fills up replaces good parts.
#
# The embedded engine does not notice that a write failed with ENOSPC while it merges parts.
#
# One would expect: the merge fails, says "No space left on device", and the parts that it read stay
# as they are, as they do when the space runs out before it begins (NOT_ENOUGH_SPACE).
# What happens: the disk is filled by somebody else while the merge runs. OPTIMIZE returns without an
# error, the merged part takes the place of the parts that it was made of, with all their rows in its
# count, and reading it fails, also when there is room again: its files are cut off or empty. The rows
# are lost.
# Why it matters: a collector that has had an INSERT acknowledged, even with fsync, loses its rows to
# the next merge on a full disk. It has to keep the engine's writes from failing: to wait before a
# write that would not fit, or to keep the engine on a disk that nothing else fills.
# Source: none in its documentation; libchdb 26.7.3 and 26.5.3 alike. Needs root, for a small disk.
. "$(dirname "$0")/support/packages.sh"
fetch_engine
export work support
export -f python_engine
unshare --mount bash -euo pipefail -c \
    'mkdir "$work/disk" && mount -t tmpfs -o size=120m tmpfs "$work/disk" && python_engine' <<'PYTHON'
import os
import sys
import threading
import time
from engine import Engine

disk = os.path.join(os.environ["work"], "disk")
engine = Engine(os.path.join(disk, "data"))
SUMS = "SELECT count(), sum(cityHash64(a, s)) FROM flows"


def free():
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def fill(file):
    """Somebody else's file, which takes what the merge has reserved."""
    time.sleep(0.05)
    try:
        os.posix_fallocate(file.fileno(), 0, free() - 8192)
    except OSError:
        pass  # the merge writes at the same time: what could be taken is taken


print("engine:", engine.rows("SELECT version()"))
engine.rows("CREATE TABLE flows (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
engine.rows("SYSTEM STOP MERGES flows")
for part in range(4):
    engine.rows(f"INSERT INTO flows SELECT number * 4 + {part}, randomPrintableASCII(20) "
                "FROM numbers(300000)")
rows = engine.rows(SUMS).split("\t")[0]
engine.rows("SYSTEM START MERGES flows")
with open(os.path.join(disk, "somebody"), "wb") as file:
    filler = threading.Thread(target=fill, args=(file,))
    filler.start()
    merge = engine.query("OPTIMIZE TABLE flows FINAL")[0]
    filler.join()
os.unlink(file.name)
after = engine.query(SUMS)[0]
parts = engine.rows("SELECT count(), sum(rows) FROM system.parts WHERE active AND table = 'flows'")
print("rows before:", rows, "- the merge:", merge or "no error")
print("the disk has room again:", free() > 20_000_000, "- parts and rows, as the engine counts them:",
      parts.replace("\t", ", "))
print("reading them:", (after or "works")[:60])
is_lost = merge is None and after is not None and parts.split("\t") == ["1", rows]
print("" if is_lost else "the behaviour has changed", end="")
sys.stdout.flush()
os._exit(0 if is_lost else 1)  # a stop would merge again
PYTHON
echo "as described"
