# SPDX-License-Identifier: BSD-3-Clause -- the test runner of every Python test script.
"""
A script defines functions test_*, and ends with `case.main(globals())`. Each function is one
case: it passes unless it raises. Printed is one line a case, `ok NAME` or `not ok NAME: why`,
which tests/run counts. `script.py PART` runs only the cases whose name contains PART.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Settings:
    """What the command line chose; read by the other modules of this folder."""

    bin = ROOT / "build" / "release" / "bin"
    keep = False
    own = argparse.Namespace()  # what the script itself asks for


def main(names, **own):
    """
    Runs the script's cases and exits with status 1 if one failed. `own` are flags of this script
    and their defaults: main(globals(), seconds=600) makes --seconds, found in Settings.own.seconds.
    """
    script = pathlib.Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(description=names.get("__doc__"))
    parser.add_argument("part", nargs="?", default="", help="run the cases whose name contains it")
    parser.add_argument("--bin", type=pathlib.Path, default=Settings.bin, help="programs to test")
    parser.add_argument("--keep", action="store_true", help="keep temporary folders")
    for name, default in own.items():
        if default is False:
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name}", type=type(default), default=default)
    arguments = parser.parse_args()
    Settings.own = arguments
    Settings.bin = arguments.bin.resolve()
    Settings.keep = arguments.keep
    cases = [
        (name, function)
        for name, function in names.items()
        if name.startswith("test_") and callable(function) and arguments.part in name
    ]
    if not cases:
        sys.exit(f"{script}: no case is called {arguments.part!r}")
    failures = sum(not run_case(f"{script}.{name[5:]}", function) for name, function in cases)
    sys.exit(1 if failures else 0)


def run_case(name, function):
    """One case; True if it passed. Takes no arguments, or a fresh temporary folder."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="goflow-test-"))
    started = time.monotonic()
    os.environ["XDG_STATE_HOME"] = str(folder / "state")  # not the user's own
    os.environ.pop("STATE_DIRECTORY", None)
    try:
        function(*([folder] if function.__code__.co_argcount else []))
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc(limit=-2, file=sys.stderr)
        print(f"not ok {name}: {first_line(error)}", flush=True)
        return False
    else:
        print(f"ok {name} ({time.monotonic() - started:.1f} s)", flush=True)
        return True
    finally:
        cleanup(folder)


def cleanup(folder):
    """Ends what the case started and removes its folder."""
    for end in reversed(at_case_end):
        end()
    at_case_end.clear()
    if Settings.keep:
        print(f"kept {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)


at_case_end = []  # called when the case ends, last first


def first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def equal(found, expected, what):
    """Fails with both values, or with the keys that differ when they are dicts."""
    if found == expected:
        return
    if isinstance(found, dict) and isinstance(expected, dict):
        raise AssertionError(f"{what}: {differing_keys(found, expected)}")
    raise AssertionError(f"{what}: {found!r}, expected {expected!r}")


def differing_keys(found, expected, limit=5):
    keys = [key for key in {**expected, **found} if found.get(key) != expected.get(key)]
    shown = ", ".join(
        f"{key}: {found.get(key)!r} instead of {expected.get(key)!r}" for key in keys[:limit]
    )
    return f"{len(keys)} differ: {shown}" + (", ..." if len(keys) > limit else "")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def wait_for(condition, seconds, what):
    """The first true value of condition(), asked until `seconds` are over."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def wait_until_equal(found, expected, seconds, what):
    """found() becomes `expected` within `seconds`; tells the last value when it does not."""
    try:
        wait_for(lambda: found() == expected, seconds, what)
    except AssertionError:
        equal(found(), expected, f"{what} after {seconds} s")
