#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- runs one test program and leaves nothing behind.
"""
supervise.py SECONDS COMMAND...

The command's exit status; 124 when it took longer than SECONDS, 125 when it ended well but left
processes running. As "subreaper" this process inherits every orphan below it, wherever that went,
so it finds and kills them all.
"""
import ctypes
import os
import signal
import subprocess
import sys

TIMED_OUT = 124
LEFT_BEHIND = 125
PR_SET_CHILD_SUBREAPER = 36


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TIMED_OUT))
    try:
        status = run(float(sys.argv[1]), sys.argv[2:])
    finally:
        left = kill_descendants()
    for name in left:
        print(f"left behind: {name}", flush=True)
    sys.exit(LEFT_BEHIND if left and status == 0 else status)


def run(seconds, command):
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        print(f"timed out after {seconds:g} s", flush=True)
        return TIMED_OUT
    return 128 - status if status < 0 else status


def kill_descendants():
    """Kills until there is nobody left; the names of those who were alive."""
    killed = []
    while True:
        children = own_children()
        if not children:
            return killed
        for process, name, is_alive in children:
            if is_alive:
                killed.append(name)
                os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)  # its children are ours now


def own_children():
    """(process, name, is alive) of each child."""
    children = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    line = file.read()
            except OSError:
                continue
            name = line[line.index("(") + 1 : line.rindex(")")]
            state, parent = line[line.rindex(")") + 2 :].split()[:2]
            if int(parent) == os.getpid():
                children.append((int(entry), name, state != "Z"))
    return children


if __name__ == "__main__":
    main()
