#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- durable INSERTs need an absolute path.
#
# The same engine, the same table with fsync_part_directory, a folder named once relatively.
#
# One would expect: --path=data works like --path=/.../data, as it does without the setting.
# What happens: with the relative path each INSERT fails with code 107, "Cannot open file
# data/data/store/...": to sync the part's folder the engine puts the path before itself.
# Why it matters: a collector that must not acknowledge flows before they survive a power failure
# turns the setting on; with a default folder like ./data it then stores nothing.
# Source: fsync_part_directory, "Do fsync for part directory after all part operations".
. "$(dirname "$0")/support/packages.sh"
fetch_engine
python_engine <<'PYTHON'
import os
import subprocess
import sys
import tempfile

ONE = """
import sys
from engine import Engine
engine = Engine(sys.argv[1])
print("engine:", engine.rows("SELECT version()"))
engine.rows("CREATE TABLE plain (a UInt8) ENGINE = MergeTree ORDER BY a")
engine.rows("CREATE TABLE durable (a UInt8) ENGINE = MergeTree ORDER BY a "
            "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1")
for table in ("plain", "durable"):
    print(table, (engine.query(f"INSERT INTO {table} SELECT 1")[0] or "stored")[:150])
"""

found = []
with tempfile.TemporaryDirectory() as folder:
    for path in (os.path.join(folder, "absolute"), "relative"):
        done = subprocess.run(
            [sys.executable, "-c", ONE, path], cwd=folder, capture_output=True, text=True,
            timeout=60, check=True)
        print(os.path.basename(path))
        print(done.stdout, end="")
        found += [line for line in done.stdout.splitlines() if line[:5] in ("plain", "durab")]
is_same = (found[0] == found[2] == "plain stored" and found[1] == "durable stored"
           and "Code: 107" in found[3] and "relative/relative/" in found[3])
sys.exit(0 if is_same else "the behaviour has changed")
PYTHON
