#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- the setting `limit` cuts INSERT ... SELECT short.
#
# With limit=100 in a profile an INSERT ... SELECT of 1437 rows stores 100, and succeeds.
#
# One would expect: `limit` bounds what a SELECT returns to people; an INSERT stores all its rows, or
# fails.
# What happens: the SELECT inside INSERT ... SELECT obeys `limit` and `offset`, so the table gets 100
# rows and the statement succeeds. Only the count of written rows shows it. INSERT ... VALUES stores
# all rows.
# Why it matters: a collector that selects its block (from input() or file(), to give it a deadline)
# acknowledges flows that are not there. It has to send limit=0 and offset=0, and to compare the count.
# Source: ClickHouse's documentation of the settings `limit` and `offset` speaks of the result
# of a query; that INSERT ... SELECT obeys them was seen.
. "$(dirname "$0")/support/packages.sh"
fetch_engine
python_engine <<'PYTHON'
import tempfile
from engine import Engine

with tempfile.TemporaryDirectory() as folder:
    engine = Engine(folder)
    print("engine:", engine.rows("SELECT version()"))
    engine.rows("CREATE TABLE flows (Bytes UInt64) ENGINE = MergeTree ORDER BY Bytes")
    select = "INSERT INTO flows SELECT number FROM numbers(1437)"
    counts = {}
    for name in ("limit", "offset"):
        engine.rows(f"SET {name} = 100")
        error, _ = engine.query(select)
        assert error is None, f"the INSERT fails now: {error}"
        engine.rows(f"SET {name} = 0")
        counts[name] = int(engine.rows("SELECT count() FROM flows"))
        engine.rows("TRUNCATE TABLE flows")
    engine.rows("SET limit = 2")
    engine.rows("INSERT INTO flows VALUES (1), (2), (3), (4)")
    engine.rows("SET limit = 0")
    values = int(engine.rows("SELECT count() FROM flows"))
    print("INSERT SELECT of 1437 rows with limit=100:", counts["limit"], "rows")
    print("INSERT SELECT of 1437 rows with offset=100:", counts["offset"], "rows")
    print("INSERT VALUES of 4 rows with limit=2:", values, "rows")
    assert counts == {"limit": 100, "offset": 1337}, "limit and offset no longer cut INSERT SELECT"
    assert values == 4, "INSERT VALUES is cut as well"
PYTHON
echo "as described"
