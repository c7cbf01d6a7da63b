#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the rules of style that a machine can check.
"""Format, headers, sizes, names. Each rule is one case; it names every place that breaks it."""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402

FILE_LINES = 500
FUNCTION_LINES = 60
LICENCE = "SPDX-License-Identifier: BSD-3-Clause -- "
SHARED_NAMES = {"main.c", "CMakeLists.txt", "README.md", "__init__.py"}


def tracked(*patterns):
    """Files of the repository, also those not yet committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=case.ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted({case.ROOT / name for name in listed if (case.ROOT / name).is_file()})


def relative(path):
    return str(path.relative_to(case.ROOT))


def scripts():
    """Programs that are text: Python by name, others by their first line."""
    return [path for path in tracked() if path.suffix == ".py" or is_script(path)]


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def none_of(places, rule):
    case.true(not places, f"{rule}: " + ", ".join(str(place) for place in places))


def in_parallel(check, items):
    """check(item) is a complaint or None; all the complaints."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [complaint for complaint in pool.map(check, items) if complaint]


def test_clang_format_changes_nothing():
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *tracked("*.c", "*.h")],
        capture_output=True, text=True, check=False)
    places = set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.M))
    none_of(sorted(relative(pathlib.Path(place)) for place in places), "run clang-format -i on")
    case.equal(done.returncode, 0, done.stderr)


def test_clang_tidy_finds_nothing():
    """Nesting, complexity and slips in everything that is shipped; the rules: .clang-tidy."""
    build = case.Settings.bin.parent

    def check(path):
        done = subprocess.run(
            ["clang-tidy", "-p", build, "--quiet", path], capture_output=True, text=True,
            check=False)
        found = re.findall(r"^(\S+?:\d+):\d+: (?:error|warning): (.*)$", done.stdout, re.M)
        complaints = [f"{relative(pathlib.Path(place))} {what}" for place, what in found]
        if done.returncode and not complaints:
            complaints = [f"{relative(path)} {done.stderr.splitlines()[0]}"]
        return "; ".join(complaints)

    shipped = tracked("common/*.c", "ingest/*.c", "store/*.c", "tools/*.c")
    none_of(in_parallel(check, shipped), "clang-tidy")


def test_every_header_compiles_alone():
    build = case.Settings.bin.parent
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]

    def check(path):
        for compiler in ("gcc", "clang"):
            done = subprocess.run(
                [compiler, *flags, f"-I{case.ROOT}", f"-isystem{build}", f"-isystem{build}/proto",
                 "-xc", "-"],
                input=f'#include "{relative(path)}"\n', capture_output=True, text=True, check=False)
            if done.returncode:
                return f"{relative(path)} ({compiler}): {done.stderr.splitlines()[0]}"
        return None

    none_of(in_parallel(check, tracked("*.h")), "does not compile alone")


def test_files_stay_small():
    long = [
        f"{relative(path)} ({lines})"
        for path in tracked("*.c", "*.h", "*.py") + scripts()
        if (lines := len(path.read_text().splitlines())) > FILE_LINES
    ]
    none_of(long, f"over {FILE_LINES} lines, so probably two things")


def test_functions_stay_small():
    listed = subprocess.run(
        ["ctags", "-f", "-", "--kinds-C=f", "--fields=+ne", "-L", "-"],
        input="\n".join(str(path) for path in tracked("*.c")), capture_output=True, text=True,
        check=True).stdout
    tall = []
    for line in listed.splitlines():
        name, path, rest = line.split("\t", 2)
        first = int(re.search(r"\tline:(\d+)", rest)[1])
        last = int(re.search(r"\tend:(\d+)", rest)[1])
        if last - first + 1 > FUNCTION_LINES:
            tall.append(f"{relative(pathlib.Path(path))}:{name} ({last - first + 1})")
    none_of(tall, f"over {FUNCTION_LINES} lines, so probably two functions")


def test_sources_begin_with_licence_and_purpose():
    bare = [
        relative(path) for path in tracked("*.c")
        if not path.read_text().startswith(f"/* {LICENCE}")
    ]
    bare += [
        relative(path) for path in scripts()
        if LICENCE not in "".join(path.read_text().splitlines(True)[:2])
    ]
    none_of(bare, f"must begin with {LICENCE}purpose")


def test_headers_say_what_they_are():
    mute = [
        relative(path) for path in tracked("*.h")
        if not re.match(rf"/\*\n \* (\S*/)?{re.escape(path.name)} -- ", path.read_text())
    ]
    none_of(mute, 'must begin with a comment "name.h -- what it is"')
    open_ended = [relative(path) for path in tracked("*.h") if "#pragma once" not in path.read_text()]
    none_of(open_ended, "lacks #pragma once")


def test_basenames_are_unique():
    names = collections.defaultdict(list)
    for path in tracked("*.c", "*.h", "*.py", "*.def", "*.proto"):
        names[path.name].append(relative(path))
    twice = [
        " and ".join(paths)
        for name, paths in names.items()
        if len(paths) > 1 and name not in SHARED_NAMES
    ]
    none_of(twice, "same name twice")


def test_nothing_is_left_undone():
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|^\s*#if 0|cr_sk" r"ip")
    places = [
        f"{relative(path)}:{number}"
        for path in tracked("*.c", "*.h", "*.def", "*.py", "*.cmake", "*CMakeLists.txt") + scripts()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    none_of(places, "left undone")


def test_comments_are_not_line_comments():
    places = [
        f"{relative(path)}:{number}"
        for path in tracked("*.c", "*.h")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.match(r"\s*//", line)
    ]
    none_of(places, "write /* */")


def test_fixtures_do_not_end_with_assertions_of_criterion():
    """One that fails in .fini leaves its test passed; assert() ends the program with a status."""
    places = []
    for path in tracked("tests/unit/*.c"):
        text = path.read_text()
        for name in set(re.findall(r"\.fini = (\w+)", text)):
            body = re.search(rf"static void {name}\(void\)\n\{{(.*?)\n\}}", text, re.S)
            if body and "cr_" in body[1]:
                places.append(f"{relative(path)}: {name}")
    none_of(places, "use assert() in")


def test_bash_scripts_parse():
    def check(path):
        if b"bash" not in path.read_bytes().split(b"\n", 1)[0]:
            return None
        done = subprocess.run(["bash", "-n", path], capture_output=True, check=False)
        return relative(path) if done.returncode else None

    none_of(in_parallel(check, scripts()), "bash -n complains about")


def test_field_reference_is_current():
    docs = case.ROOT / "docs" / "fields.md"
    printed = subprocess.run(
        [case.Settings.bin / "goflow-docs", "fields"], capture_output=True, text=True, check=True)
    case.true(
        docs.read_text() == printed.stdout,
        "docs/fields.md is not what goflow-docs prints: goflow-docs fields >docs/fields.md")


if __name__ == "__main__":
    case.main(globals())
