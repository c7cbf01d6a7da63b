#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- MODIFY COLUMN leaves an ALIAS column an ALIAS.
#
# ALTER TABLE ... MODIFY COLUMN x UInt32 on a column that is an ALIAS succeeds and changes nothing.
#
# One would expect: the statement names the column's whole new definition, a plain type, so the
# column becomes a real one; or the statement fails.
# What happens: it succeeds, and the column stays ALIAS, so an INSERT that names it fails (code 16).
# Only MODIFY COLUMN x REMOVE ALIAS makes it real; it touches no part, and older rows read the type's
# default.
# Why it matters: a collector saves the most by keeping columns that no exporter fills as ALIAS and
# turning them real at the first value. A migration that trusts the successful ALTER loses inserts.
# Source: ClickHouse's documentation of ALTER COLUMN describes REMOVE for DEFAULT, ALIAS,
# MATERIALIZED, CODEC, COMMENT and TTL; that MODIFY with a bare type keeps the kind was seen.
. "$(dirname "$0")/support/packages.sh"
fetch_engine
python_engine <<'PYTHON'
import tempfile
from engine import Engine

with tempfile.TemporaryDirectory() as folder:
    engine = Engine(folder)
    print("engine:", engine.rows("SELECT version()"))
    kind = "SELECT default_kind FROM system.columns WHERE table = 'flows' AND name = 'VlanId'"
    engine.rows("CREATE TABLE flows (Bytes UInt64, VlanId UInt32 ALIAS 0) ENGINE = MergeTree ORDER BY Bytes")
    engine.rows("INSERT INTO flows (Bytes) VALUES (1)")
    error, _ = engine.query("ALTER TABLE flows MODIFY COLUMN VlanId UInt32")
    after_modify = engine.rows(kind)
    refused, _ = engine.query("INSERT INTO flows (Bytes, VlanId) VALUES (2, 7)")
    engine.rows("ALTER TABLE flows MODIFY COLUMN VlanId REMOVE ALIAS")
    after_remove = engine.rows(kind)
    engine.rows("INSERT INTO flows (Bytes, VlanId) VALUES (3, 7)")
    rows = engine.rows("SELECT Bytes, VlanId FROM flows ORDER BY Bytes")
    print("MODIFY COLUMN VlanId UInt32:", error or "succeeds", "- kind is still", repr(after_modify))
    print("INSERT that names it:", (refused or "succeeds")[:60])
    print("MODIFY COLUMN VlanId REMOVE ALIAS: kind", repr(after_remove), "rows", rows.split("\n"))
    assert error is None and after_modify == "ALIAS", "MODIFY COLUMN no longer keeps the ALIAS"
    assert refused and "Code: 16" in refused, "an INSERT into the ALIAS is no longer refused"
    assert after_remove == "" and rows == "1\t0\n3\t7", "REMOVE ALIAS behaves otherwise"
PYTHON
echo "as described"
