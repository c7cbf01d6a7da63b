# SPDX-License-Identifier: BSD-3-Clause -- runs a program as a kernel without confinement would.
"""
python3 tests/support/old_kernel.py landlock PROGRAM...     its system calls do not exist
python3 tests/support/old_kernel.py seccomp PROGRAM...      likewise

A filter in front of the program answers ENOSYS; x86-64.
"""
import ctypes
import errno
import os
import struct
import sys

CALLS = {"landlock": (444, 445, 446), "seccomp": (317,)}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # of classic BPF
ALLOW, ERROR = 0x7FFF0000, 0x00050000


def instruction(code, value, when_true=0, when_false=0):
    return struct.pack("=HBBI", code, when_true, when_false, value)


def refuse(numbers):
    """Loads the call's number, compares it with each, and returns."""
    program = [instruction(LOAD, 0)]
    for at, number in enumerate(numbers):
        program.append(instruction(EQUAL, number, len(numbers) - at))
    program += [instruction(RETURN, ALLOW), instruction(RETURN, ERROR | errno.ENOSYS)]
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("=H6xQ", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
            PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(header), 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


refuse(CALLS[sys.argv[1]])
os.execv(sys.argv[2], sys.argv[2:])
