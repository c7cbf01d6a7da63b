#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- writes the generated parts of docs/ from the code.
"""
Flags come from the programs' own tables (-manual=markdown), metrics from the declarations in the
sources. What stands above the marker line of a document is written by hand and stays.

    tools/docs/generate.py [--bin build/release/bin] [--check]
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARKER = "<!-- Generated below this line by tools/docs/generate.py: change the code instead. -->\n"
PROGRAMS = (
    "goflow-ingest", "goflow-store", "goflow-tap", "goflow-replay", "cnetflow", "csflow", "cnflegacy")
TYPES = {"COUNTER": "counter", "GAUGE": "gauge", "SUMMARY": "summary", "HISTOGRAM": "histogram"}
GROUPS = (
    ("goflow-ingest", ("ingest",)),
    ("goflow-store", ("store",)),
    ("Every program", ("common",)),
)

TEXT = r'"(?:[^"\\]|\\.)*"'
TEXTS = rf"{TEXT}(?:\s*{TEXT})*"
DECLARED = re.compile(rf"\{{\s*({TEXT}),\s*METRIC_(\w+),\s*({TEXTS})\s*\}}")
BY_MACRO = re.compile(
    rf"^METRIC_FAMILY\(\s*\w+,\s*(\w+),\s*({TEXT}),\s*({TEXTS})\s*\);", re.MULTILINE)


def joined(literals):
    """The text of adjacent C string literals."""
    parts = re.findall(TEXT, literals)
    return "".join(part[1:-1] for part in parts).replace('\\"', '"').replace("\\\\", "\\")


def families(source):
    """(name, type, help) of every metric a file declares."""
    code = source.read_text()
    for name, kind, text in DECLARED.findall(code):
        yield joined(name), TYPES[kind], joined(text)
    for kind, name, text in BY_MACRO.findall(code):
        yield joined(name), TYPES[kind], joined(text)


def metrics():
    for title, folders in GROUPS:
        found = {
            family
            for folder in folders
            for source in (ROOT / folder).rglob("*.c")
            for family in families(source)
        }
        yield f"\n## {title}\n\n| metric | type | meaning |\n|---|---|---|\n"
        for name, kind, text in sorted(found):
            yield f"| `{name}` | {kind} | {text} |\n"


def reference(programs, name):
    done = subprocess.run(
        [programs / name, "-manual=markdown"], capture_output=True, text=True, check=True)
    return "\n" + done.stdout


def launcher(programs, known):
    """The launcher has the flags of both programs: told are its own."""
    yield "\n## goflow\n\nRuns one goflow-ingest and its goflow-store processes on this host, with "
    yield "the flags of both.\n"
    yield "\n| flag | default | environment | meaning |\n|---|---|---|---|\n"
    for row in re.findall(r"^\| `-.*\n", reference(programs, "goflow"), re.MULTILINE):
        if row not in known:
            yield row


def flags(programs):
    known = ""
    for name in PROGRAMS:
        text = reference(programs, name)
        known += text
        yield text
    yield from launcher(programs, known)


def is_current(name, generated, check):
    """True when the document already ends in what is generated; else writes it, or complains."""
    path = ROOT / "docs" / name
    written = path.read_text()
    head, marker, _ = written.partition(MARKER)
    wanted = head + MARKER + "".join(generated)
    if not marker:
        sys.exit(f"{path}: the marker line is missing")
    if written == wanted:
        return True
    if check:
        print(f"docs/{name} is not current: run tools/docs/generate.py", file=sys.stderr)
        return False
    path.write_text(wanted)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--check", action="store_true", help="change nothing, status 1 if stale")
    arguments = parser.parse_args()
    current = [
        is_current("configuration.md", flags(arguments.bin.resolve()), arguments.check),
        is_current("metrics.md", metrics(), arguments.check),
    ]
    sys.exit(0 if all(current) else 1)


if __name__ == "__main__":
    main()
