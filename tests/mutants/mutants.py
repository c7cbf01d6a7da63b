#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- one-line faults that a named unit test must notice.
"""
mutants.py [PART] [--jobs N]      PART: mutants whose list or title contains it

Copies the tree, builds the tests that the lists name, and sees that they pass. Then each fault of
tests/mutants/*.txt is put into the copy, its test is built and run, and the fault is taken out again. A
mutant fails where its test does not notice it, and where the line to replace is not there exactly once.

    = the margin of a lease is left out          a title
    file ingest/publish/window_state.h
    - return now_ns + lease_ms * 3 / 2;          lines to find, without the blanks around them
    + return now_ns + lease_ms;                  lines instead; none: they are left out
    test test_window
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "mutants"
BUILD = TREE / "build" / "release"
TEST_S = 120


class Mutant:
    def __init__(self, source, title):
        self.source = source
        self.title = title
        self.file = ""
        self.old = []
        self.new = []
        self.test = ""

    @property
    def name(self):
        return f"mutants.{self.source}.{self.title.replace(' ', '_')}"


def read_lists(part):
    """All mutants of the lists, in order."""
    mutants = []
    for path in sorted((ROOT / "tests" / "mutants").glob("*.txt")):
        for line in path.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "=":
                mutants.append(Mutant(path.stem, rest))
            elif word in ("file", "test"):
                setattr(mutants[-1], word, rest)
            elif word in ("-", "+"):
                (mutants[-1].old if word == "-" else mutants[-1].new).append(rest.strip())
            elif line and not line.startswith("#"):
                sys.exit(f"{path}: what is this: {line}")
    return [mutant for mutant in mutants if part in mutant.name]


def copy_tree():
    """Only what changed: so a second run builds little."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
        capture_output=True, text=True).stdout.splitlines()
    for name in listed:
        source, target = ROOT / name, TREE / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)
    for found in TREE.rglob("*.[ch]"):
        if "build" not in found.relative_to(TREE).parts and not (
                ROOT / found.relative_to(TREE)).exists():
            found.unlink()


def allow_warnings():
    """What a fault leaves unused is not what is tested."""
    path = TREE / "cmake" / "flags.cmake"
    path.write_text(path.read_text().replace("-Werror ", ""))


def build(tests, jobs):
    """The build's last words, or None when it went well."""
    done = subprocess.run(
        ["cmake", "--build", BUILD, "--parallel", str(jobs), "--target", *tests],
        capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stdout[-2000:] + done.stderr[-500:]


def passes(test):
    """A test that hangs notices, too."""
    try:
        done = subprocess.run(
            [BUILD / "bin" / test, "--tap", "--timeout=30"], cwd=TREE, timeout=TEST_S,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def find_place(text, old):
    """Index of the first of the lines, where they stand exactly once; else None."""
    lines = [line.strip() for line in text.splitlines()]
    places = [i for i in range(len(lines)) if lines[i:i + len(old)] == old]
    return places[0] if len(places) == 1 and old else None


def spoil(text, mutant, place):
    lines = text.splitlines(keepends=True)
    lines[place:place + len(mutant.old)] = [line + "\n" for line in mutant.new]
    return "".join(lines)


def write(path, text):
    """Newer than its object file, whatever the clock's grain."""
    path.write_text(text)
    soon = time.time() + 2
    os.utime(path, (soon, soon))


def try_mutant(mutant, jobs):
    """None when it was noticed; else why not."""
    path = TREE / mutant.file
    if not path.is_file():
        return f"there is no {mutant.file}"
    text = path.read_text()
    place = find_place(text, mutant.old)
    if place is None:
        return f"the line is not there exactly once in {mutant.file}"
    write(path, spoil(text, mutant, place))
    try:
        words = build([mutant.test], jobs)
        if words is not None:
            return f"does not build: {words}"
        return f"{mutant.test} does not notice it" if passes(mutant.test) else None
    finally:
        write(path, text)


def prepare(tests, jobs):
    """The copy, built; tests that fail without any fault."""
    copy_tree()
    allow_warnings()
    subprocess.run(
        ["cmake", "--preset", "release"], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    words = build(tests, jobs)
    if words is not None:
        sys.exit(f"not ok mutants.build: {words}")
    return [test for test in tests if not passes(test)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    mutants = read_lists(arguments.part)
    broken = prepare(sorted({mutant.test for mutant in mutants}), arguments.jobs)
    failures = len(broken)
    for test in broken:
        print(f"not ok mutants.{test}: fails without any fault", flush=True)
    for mutant in mutants:
        why = try_mutant(mutant, arguments.jobs)
        failures += why is not None
        print(f"ok {mutant.name}" if why is None else f"not ok {mutant.name}: {why}", flush=True)
    print(f"# {len(mutants)} mutants, {len(mutants) - failures} noticed", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
