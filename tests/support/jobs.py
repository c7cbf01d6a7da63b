#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- runs test programs side by side and counts their cases.
"""
jobs.py LOGS TALLY < jobs

A job is one line: name, seconds it may take, command, separated by tabs. Its cases are the lines
`ok ...` and `not ok ...` it prints (TAP, as Criterion and case.py do). A job that prints none, or
ends badly without a failed case, is itself one failed case; but one that ends well and prints
`absent: why`, or TAP's plan for no case at all (`1..0`), counts as nothing. Shown is one line a job, and for a failed one its failed cases and the
end of its log, which stays in LOGS. TALLY gets a line "passed failed" for each job.
"""
import concurrent.futures
import os
import pathlib
import shlex
import subprocess
import sys
import time

SUPERVISE = pathlib.Path(__file__).with_name("supervise.py")
SUPERVISE_S = 20  # what killing takes at most
TAIL_LINES = 40


def main():
    logs, tally = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    logs.mkdir(parents=True, exist_ok=True)
    jobs = [line.rstrip("\n").split("\t") for line in sys.stdin]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(run, name, seconds, command, logs) for name, seconds, command in jobs]
        for number, done in enumerate(concurrent.futures.as_completed(runs), 1):
            passed, failed, report = done.result()
            print(f"[{number}/{len(jobs)}] {report}", flush=True)
            with tally.open("a", encoding="ascii") as file:
                file.write(f"{passed} {failed}\n")


def run(name, seconds, command, logs):
    """(cases passed, cases failed, report)"""
    log = logs / (name.replace(" ", "-").replace("/", "-") + ".log")
    started = time.monotonic()
    with log.open("wb") as out:
        status = subprocess.run(
            [sys.executable, SUPERVISE, seconds, *shlex.split(command)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            timeout=float(seconds) + SUPERVISE_S, check=False).returncode
    took = time.monotonic() - started
    lines = log.read_text(errors="replace").splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failures = [line for line in lines if line.startswith("not ok ")]
    absent = [line for line in lines if line.startswith("absent: ") or line == "1..0"]
    if absent and status == 0 and not failures and not passed:
        return 0, 0, f"{name}: nothing to test here: {absent[0]}"
    if not failures and (status != 0 or passed == 0):
        failures = [f"not ok {name}: status {status} after {passed} passed cases"]
    report = f"{name}: {passed} passed, {len(failures)} failed ({took:.1f} s)"
    if failures:
        rest = [line for line in lines if not line.startswith(("ok ", "not ok "))]
        report = "\n".join([report, *failures, *rest[-TAIL_LINES:], f"(log: {log})"])
    return passed, len(failures), report


if __name__ == "__main__":
    main()
