#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- a setting that may not be set to its own default.
#
# SET force_data_skipping_indices = '' succeeds, although '' is its default; then SELECTs fail.
#
# One would expect: setting a setting to the default that system.settings shows changes nothing.
# What happens: from then on each SELECT that has a WHERE on a MergeTree table fails with code 6,
# "Cannot parse string ('') into vector of identifiers", because the engine looks at whether the
# setting was changed, not at its value.
# Why it matters: a collector that sends the settings on which its statements depend, so that no
# profile can change rows, cannot reset this one; doing so stops the question for stored batches.
# Source: system.settings shows '' as value and default, changed 0.
. "$(dirname "$0")/support/packages.sh"
fetch_engine
python_engine <<'PYTHON'
import tempfile
from engine import Engine

with tempfile.TemporaryDirectory() as folder:
    engine = Engine(folder)
    print("engine:", engine.rows("SELECT version()"))
    shown = engine.rows(
        "SELECT value, changed FROM system.settings WHERE name = 'force_data_skipping_indices'")
    engine.rows("CREATE TABLE flows (Bytes UInt64) ENGINE = MergeTree ORDER BY Bytes")
    engine.rows("INSERT INTO flows VALUES (1), (2)")
    question = "SELECT count() FROM flows WHERE Bytes > 1"
    before = engine.rows(question)
    engine.rows("SET force_data_skipping_indices = ''")
    error, _ = engine.query(question)
    print("value and changed:", repr(shown), "- rows before:", before)
    print("after SET to '':", error or "no error")
    assert shown == "\t0" and before == "1", "the default is another one now"
    assert error and "Code: 6" in error, "the default may be set now"
PYTHON
echo "as described"
