#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- which folder may know which: nothing looks upwards.
"""
A folder includes itself, the folders named for it here, and the C library. Whatever crosses a line
of the architecture (docs/architecture.md) without being named is a mistake, or belongs here.
"""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402

# Lowest first. A folder stands for its own files only, not for the folders in it.
FOLDERS = {
    "common": {"proto"},
    "ingest/decode": {"common"},
    "ingest/batch": {"common"},
    "ingest/publish": {"common", "ingest/batch"},
    "ingest/receive": {"common", "ingest/decode"},
    "ingest": {"common", "ingest/decode", "ingest/batch", "ingest/publish", "ingest/receive"},
    "store/columns": {"common"},
    "store/pull": {"common", "store/columns"},
    "store/sink": {"common", "store/columns"},
    "store/write": {"common", "store/columns", "store/sink"},
    "store": {"common", "store/columns", "store/pull", "store/sink", "store/write"},
    "tools/docs": {"common", "ingest/decode/elements.h"},
    "tools/keys": {"common"},
    "tools/launch": {"common", "ingest/ingest_settings.h", "store/store_settings.h"},
    "tools/originals": {"common", "ingest"},
    "tools/replay": {"common", "ingest/receive"},
    "tools/tap": {"common"},
}

# Headers of libraries, and the folders that may talk to each. The rest of the code does without.
LIBRARIES = {
    "czmq.h": {"common", "ingest", "ingest/publish", "ingest/receive", "store/write", "tools/keys"},
    "zmq.h": {"ingest/publish", "store/pull"},
    "zstd.h": {"ingest/publish", "store/pull", "store/sink"},
    "microhttpd.h": {"common"},
    "seccomp.h": {"common"},
    "curl/curl.h": {"store/sink"},
    "lz4frame.h": {"store/sink"},
    "zlib.h": {"store/sink"},
    "dlfcn.h": {"store/sink"},
    "protobuf-c/protobuf-c.h": set(),  # the tests' second opinion on our codec
}


def folder_of(path):
    return str(pathlib.PurePath(path).parent)


def includes(pattern):
    """(file, what it includes), of all sources that are not tests."""
    for folder in FOLDERS:
        for path in sorted((case.ROOT / folder).glob("*.[ch]")):
            for included in re.findall(pattern, path.read_text(), re.M):
                yield str(path.relative_to(case.ROOT)), included


def none_of(places, rule):
    case.true(not places, f"{rule}: " + ", ".join(places))


def test_every_folder_has_its_place():
    listed = subprocess.run(
        ["git", "ls-files", "common/*.c", "ingest/*.c", "store/*.c", "tools/*.c"],
        cwd=case.ROOT, capture_output=True, text=True, check=True).stdout.split()
    none_of(sorted({folder_of(path) for path in listed} - FOLDERS.keys()), "not in the table")


def test_the_table_has_no_circle():
    below = set()
    for folder, allowed in FOLDERS.items():
        upwards = {name for name in allowed if name in FOLDERS} - below
        case.true(not upwards, f"{folder} looks upwards to {', '.join(sorted(upwards))}")
        below.add(folder)


def test_no_folder_includes_one_it_must_not_know():
    none_of(
        [
            f"{path} includes {included}"
            for path, included in includes(r'^#include "([^"]+)"')
            if not {included, folder_of(included)} & {folder_of(path), *FOLDERS[folder_of(path)]}
        ],
        "look upwards, or sideways")


def test_libraries_are_used_where_they_belong():
    none_of(
        [
            f"{path} includes {included}"
            for path, included in includes(r"^#include <([^>]+)>")
            if folder_of(path) not in LIBRARIES.get(included, {folder_of(path)})
        ],
        "a library out of its place")


def test_sources_include_no_sources():
    none_of(
        [f"{path} includes {included}" for path, included in includes(r'^#include "([^"]+\.c)"')],
        "a source is no header")


def test_decoders_link_with_nothing_but_libc(folder):
    """No ZeroMQ, no protobuf, no curl, no thread: a fuzzer builds them alone."""
    build = case.Settings.bin.parent
    linked = subprocess.run(
        ["gcc", "-xc", "-", "-xnone", "-o", folder / "decoders",
         "-Wl,--whole-archive", build / "ingest/decode/libdecode.a", "-Wl,--no-whole-archive",
         build / "common/libbase.a"],
        input="int main(void) { return 0; }", capture_output=True, text=True, check=False)
    missing = sorted(set(re.findall(r"undefined reference to `(\w+)'", linked.stderr)))
    none_of(missing, "decoders need more than libc")
    case.equal(linked.returncode, 0, linked.stderr)


if __name__ == "__main__":
    case.main(globals())
