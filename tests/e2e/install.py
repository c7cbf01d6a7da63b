#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- cmake --install: programs, pages, documents, examples.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import process  # noqa: E402

FILES = (
    "share/doc/goflow/docs/queries.md", "share/doc/goflow/examples/goflow-store.conf",
    "lib/systemd/system/goflow-ingest.service", "share/goflow/flow.proto")


def test_what_is_installed_is_complete_and_runs(folder):
    build = case.Settings.bin.parent
    process.check("install", ["cmake", "--install", build, "--prefix", folder], folder)
    programs = sorted(path.name for path in (folder / "bin").iterdir())
    pages = sorted(path.stem for path in (folder / "share" / "man" / "man1").iterdir())
    case.equal(pages, programs, "a page for each program")
    for name in programs:
        version = process.check(name, [folder / "bin" / name, "-v"], folder).stdout
        case.true(version.startswith(f"{name} "), f"{name} -v: {version}")
    for name in FILES:
        case.true((folder / name).is_file(), f"{name} is missing")


if __name__ == "__main__":
    case.main(globals())
