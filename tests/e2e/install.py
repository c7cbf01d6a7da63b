#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- cmake --install: programs, pages, documents, examples.
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import process  # noqa: E402

FILES = (
    "share/doc/goflow/docs/queries.md", "share/doc/goflow/examples/goflow-store.conf",
    "lib/systemd/system/goflow-ingest.service", "lib/sysctl.d/50-goflow.conf",
    "share/goflow/flow.proto")


def install(folder):
    build = case.Settings.bin.parent
    process.check("install", ["cmake", "--install", build, "--prefix", folder], folder)


def test_what_is_installed_is_complete_and_runs(folder):
    install(folder)
    programs = sorted(path.name for path in (folder / "bin").iterdir())
    pages = sorted(path.stem for path in (folder / "share" / "man" / "man1").iterdir())
    case.equal(pages, programs, "a page for each program")
    for name in programs:
        version = process.check(name, [folder / "bin" / name, "-v"], folder).stdout
        case.true(version.startswith(f"{name} "), f"{name} -v: {version}")
    for name in FILES:
        case.true((folder / name).is_file(), f"{name} is missing")


def test_systemd_accepts_the_units_and_their_commands_the_examples(folder):
    """Commands without a folder are looked for where a host installs them: here it is elsewhere."""
    install(folder)
    for unit in sorted((folder / "lib" / "systemd" / "system").glob("*.service")):
        text = unit.read_text()
        start = re.search(r"^ExecStart=(\S+) -config /etc/goflow/(\S+)$", text, re.MULTILINE)
        command = [folder / "bin" / start[1], "-config",
                   folder / "share" / "doc" / "goflow" / "examples" / start[2]]
        printed = process.check(unit.stem, [*command, "-print"], folder).stdout
        case.true("metrics.addr = " in printed, unit.name)
        unit.write_text(text.replace(start[0], "ExecStart=" + " ".join(map(str, command))))
        process.check(unit.name, ["systemd-analyze", "verify", "--man=no", unit], folder)


def test_services_are_exposed_no_more_than_stated(folder):
    """The figure of systemd-analyze, from 0 (closed) to 10; what is open is what the service needs."""
    install(folder)
    for name, limit in {"goflow-ingest": 1.5, "goflow-store": 2.0}.items():
        unit = folder / "lib" / "systemd" / "system" / f"{name}.service"
        done = process.check(
            f"{name}-security", ["systemd-analyze", "security", "--offline=yes", "--no-pager", unit], folder)
        level = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)[1])
        case.true(level <= limit, f"{name}: exposure {level}, more than {limit}")
        case.true("ignoring" not in done.stderr, f"{name}: {done.stderr}")


if __name__ == "__main__":
    case.main(globals())
