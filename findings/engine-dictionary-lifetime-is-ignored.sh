#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- the embedded engine never reloads a dictionary by LIFETIME.
#
# A dictionary's LIFETIME does nothing in ClickHouse's embedded engine: it never reloads by itself.
#
# One would expect: LIFETIME(1) reloads the dictionary within a few seconds, as on a server, which
# checks every five seconds by default.
# What happens: nine seconds later the dictionary still has the old row. SYSTEM RELOAD DICTIONARY
# loads the new one.
# Why it matters: names of interfaces, exporters and ASes come from dictionaries. In the embedded
# engine the program that owns it has to reload them; nothing reports that they are stale.
# Source: documentation of CREATE DICTIONARY, LIFETIME; the engine's behaviour was seen.
. "$(dirname "$0")/support/packages.sh"
fetch_engine
python_engine <<'PYTHON'
import tempfile
import time
from engine import Engine

with tempfile.TemporaryDirectory() as folder:
    engine = Engine(folder)
    print("engine:", engine.rows("SELECT version()"))
    engine.rows("CREATE TABLE names (id UInt64, name String) ENGINE = MergeTree ORDER BY id")
    engine.rows("INSERT INTO names VALUES (1, 'ge-0/0/1')")
    engine.rows(
        "CREATE DICTIONARY interfaces (id UInt64, name String) PRIMARY KEY id "
        "SOURCE(CLICKHOUSE(TABLE 'names')) LIFETIME(1) LAYOUT(HASHED())")
    name = "SELECT dictGet('interfaces', 'name', toUInt64(1))"
    before = engine.rows(name)
    engine.rows("TRUNCATE TABLE names")
    engine.rows("INSERT INTO names VALUES (1, 'uplink')")
    time.sleep(9)
    after = engine.rows(name)
    engine.rows("SYSTEM RELOAD DICTIONARY interfaces")
    reloaded = engine.rows(name)
    print(f"at first {before}; 9 s after the source changed {after}; reloaded by command {reloaded}")
    assert (before, reloaded) == ("ge-0/0/1", "uplink")
    assert after == before, "the engine now reloads by LIFETIME"
PYTHON
echo "as described"
