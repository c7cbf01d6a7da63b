#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the protections that cmake/hardening.cmake asks for are there.
"""Read from the programs themselves with readelf, and from a build whose flags the user chose."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

PROGRAMS = (
    "goflow", "goflow-ingest", "goflow-store", "goflow-tap", "goflow-replay", "goflow-keys",
    "cnetflow", "csflow", "cnflegacy")
LANDING_PADS = b"\xf3\x0f\x1e\xfa"  # endbr64: where an indirect call may arrive


def readelf(folder, what, *words):
    return process.check(f"readelf-{what}", ["readelf", "--wide", *words], folder).stdout


def headers(folder, name):
    return readelf(folder, f"{name}-headers", "-hld", goflow.program(name))


def test_programs_load_at_random_places_and_seal_their_tables(folder):
    for name in PROGRAMS:
        text = headers(folder, name)
        for what, pattern in {
            "position independent": r"Type:\s+DYN", "a PIE": r"FLAGS_1.*\bPIE\b",
            "RELRO": r"GNU_RELRO", "bound at start, so RELRO is full": r"FLAGS_1.*\bNOW\b",
        }.items():
            case.true(re.search(pattern, text), f"{name} is not {what}")


def test_no_memory_of_a_program_is_writable_and_executable(folder):
    for name in PROGRAMS:
        rows = re.findall(
            r"^\s+(LOAD|GNU_STACK)(?:\s+0x\w+){5} ([R ][W ][E ]) ", headers(folder, name), re.M)
        case.true(("GNU_STACK", "RW ") in rows, f"{name}: the stack is not RW: {rows}")
        case.equal([row for row in rows if "WE" in row[1]], [], f"{name}: writable and executable")


def test_stacks_and_copies_are_checked(folder):
    for name in PROGRAMS:
        symbols = readelf(folder, f"{name}-symbols", "--dyn-syms", goflow.program(name))
        case.true("__stack_chk_fail" in symbols, f"{name}: no stack protector")
        checked = set(re.findall(r"\b__(\w+)_chk\b", symbols)) - {"stack"}
        case.true(checked, f"{name}: FORTIFY_SOURCE checks no call")
        unchecked = set(re.findall(r"\b(sprintf|vsprintf|strcat|gets)@", symbols))
        case.equal(unchecked, set(), f"{name}: calls without a length")


def address_of(folder, name, function):
    symbols = readelf(folder, f"{name}-table", "--symbols", goflow.program(name))
    found = re.search(rf"^\s+\d+: ([0-9a-f]+)\s.*\bFUNC\b.*\s{function}$", symbols, re.M)
    case.true(found, f"{name} has no {function}")
    return int(found[1], 16)


def text_section(folder, name):
    """Address, and the bytes."""
    sections = readelf(folder, f"{name}-sections", "--sections", goflow.program(name))
    found = re.search(r"\s\.text\s+PROGBITS\s+(\w+)\s+(\w+)\s+(\w+)", sections)
    address, offset, size = (int(number, 16) for number in found.groups())
    return address, goflow.program(name).read_bytes()[offset:offset + size]


def test_indirect_calls_arrive_at_landing_pads_only(folder):
    """CET, on x86-64. The C library's own start files decide whether the program is marked for it."""
    machine = re.search(r"Machine:\s+(.*)", headers(folder, "goflow-ingest"))[1]
    if "X86-64" not in machine:
        print(f"hardening: no CET on {machine}: nothing to test", file=sys.stderr)
        return
    for name in PROGRAMS:
        address, code = text_section(folder, name)
        start = address_of(folder, name, "main") - address
        case.equal(code[start:start + 4], LANDING_PADS, f"{name}: the first bytes of main")


def test_the_builder_s_own_flags_are_the_stronger_ones(folder):
    """Configured only: the last of two flags counts, and the user's stand last."""
    process.check("configure", [
        "cmake", "-S", case.ROOT, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", "-DGOFLOW_TESTS=OFF",
        "-DCMAKE_C_FLAGS=-fno-stack-protector -D_FORTIFY_SOURCE=1",
        "-DCMAKE_C_FLAGS_RELEASE=-O1"], folder, 120)
    commands = (folder / "build" / "compile_commands.json").read_text()
    ours = commands.index("-fstack-protector-strong")
    case.true(commands.index("-fno-stack-protector") > ours, "the user's flag does not come last")
    case.equal(set(re.findall(r"_FORTIFY_SOURCE=(\d)", commands)), {"1"}, "levels of FORTIFY_SOURCE")
    case.true("-O2" not in commands and "-O1" in commands, "the level of optimisation is not the user's")


if __name__ == "__main__":
    case.main(globals())
