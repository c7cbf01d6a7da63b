#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- docs/log.md has the lines of the log, and no others.
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402

LITERAL = r'"(?:[^"\\]|\\.)*"'
CALL = re.compile(rf"log_(error|warning|notice)\(\s*([^,]+?),\s*((?:{LITERAL}\s*)+),(.*?)\);", re.S)
ROW = re.compile(r"^\| (error|warning|notice) \| `(?:(\w+): )?(.*?)` \| (.*) \|$", re.M)
# Their messages are arguments, or chosen by what was lost.
INDIRECT = ("spool_end_outage(", "log_line(", "log_error(")


def join(literals):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))


def sources():
    for folder in ("common", "ingest", "store"):
        for path in sorted((case.ROOT / folder).rglob("*.c")):
            yield path.read_text()


def logged(has_remedies):
    """{message: {(level, component)}}; those that name a remedy themselves only where it is asked for."""
    found = {}
    for text in sources():
        named = re.search(r'#define COMPONENT +"(\w+)"', text)
        for level, component, message, pairs in CALL.findall(text):
            if has_remedies or "mend=" not in pairs:
                component = named[1] if component == "COMPONENT" else join(component)
                found.setdefault(join(message), set()).add((level, component))
    return found


def indirect():
    """The texts near calls whose message is no literal of its own."""
    found = set()
    for text in sources():
        for word in INDIRECT:
            for start in (match.start() for match in re.finditer(re.escape(word), text)):
                found |= {join(literal) for literal in re.findall(LITERAL, text[start:start + 400])}
    return found


def rows():
    return ROW.findall((case.ROOT / "docs" / "log.md").read_text())


def test_each_line_without_a_remedy_is_in_the_table():
    listed = {message: (level, component) for level, component, message, _ in rows()}
    case.true(len(listed) > 90, f"only {len(listed)} rows were read")
    for message, places in logged(False).items():
        case.true(message in listed, f"docs/log.md lacks {message!r}")
        level, component = listed[message]
        levels = {place[0] for place in places}
        components = {place[1] for place in places} - {""}
        case.true(level in levels, f"{message!r} is logged as {levels}, not {level}")
        case.true(
            not components or component in components,
            f"{message!r} is logged by {components}, not {component!r}")


def test_each_row_of_the_table_is_logged_and_says_what_to_do():
    known = set(logged(True)) | indirect()
    for _, _, message, remedy in rows():
        case.true(message in known, f"docs/log.md has {message!r}, which nothing logs")
        case.true(len(remedy) > 10, f"{message!r}: no remedy")


if __name__ == "__main__":
    case.main(globals())
