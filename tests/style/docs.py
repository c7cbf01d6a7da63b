#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the generated parts of docs/ say what the code does.
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402


def test_flags_and_metrics_are_documented(folder):
    generate = case.ROOT / "tools" / "docs" / "generate.py"
    process.check(
        "generate", [sys.executable, generate, "--check", "--bin", case.Settings.bin], folder)


def test_no_metric_is_missing(folder):
    """The generator reads sources; what the programs really report must be there, too."""
    reference = (case.ROOT / "docs" / "metrics.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)`", reference, re.M))
    line = goflow.Line(folder)
    line.ingest.replay("-synthetic=netflow5", "-count=10")
    for daemon in (line.ingest, line.store):
        reported = set(re.findall(r"^# TYPE (\w+) ", daemon.get("/metrics"), re.M))
        case.equal(sorted(reported - documented), [], f"{daemon.name}: not in docs/metrics.md")
    line.stop()


case.main(globals())
