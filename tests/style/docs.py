#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- the generated parts of docs/ say what the code does.
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

MANUAL = case.ROOT / "docs" / "man"
SECTIONS = (
    "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO")
FLAG = re.compile(r"-([a-z]+(?:\.[a-z]+)*)(?:=|$)")  # ours are told with one dash


def test_flags_and_metrics_are_documented(folder):
    generate = case.ROOT / "tools" / "docs" / "generate.py"
    process.check(
        "generate", [sys.executable, generate, "--check", "--bin", case.Settings.bin], folder)


def test_no_metric_is_missing(folder):
    """The generator reads sources; what the programs really report must be there, too."""
    reference = (case.ROOT / "docs" / "metrics.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)`", reference, re.M))
    line = goflow.Line(folder)
    line.ingest.replay("-synthetic=netflow5", "-count=10")
    for daemon in (line.ingest, line.store):
        reported = set(re.findall(r"^# TYPE (\w+) ", daemon.get("/metrics"), re.M))
        case.equal(sorted(reported - documented), [], f"{daemon.name}: not in docs/metrics.md")
    line.stop()


def programs():
    """The programs that are installed: each has a page of the manual."""
    return sorted(page.name.removesuffix(".1.in") for page in MANUAL.glob("*.1.in"))


def options_of(name, folder):
    """Names of the flags that a program itself tells."""
    told = process.check(name, [goflow.program(name), "-h"], folder).stdout
    return set(re.findall(r"^  -([\w.]+)", told, re.M))


def documents():
    return [*case.ROOT.glob("*.md"), *case.ROOT.glob("docs/**/*.md")]


def code_lines(text):
    """What is printed as code: spans within a line, and lines of blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", prose) + "\n".join(blocks).replace("\\\n", " ").splitlines()


def test_every_documented_flag_exists(folder):
    known = {name: options_of(name, folder) for name in programs()}
    everywhere = {"flag"}.union(*known.values())
    for document in documents():
        for code in code_lines(document.read_text()):
            words = code.split()
            name = words[0].rpartition("/")[2] if words else ""
            if name not in known and not code.startswith("-"):
                continue
            given = {match[1] for word in words if (match := FLAG.match(word))}
            unknown = given - known.get(name, everywhere)
            case.equal(sorted(unknown), [], f"{document.name}: no such flag in: {code}")


def test_every_program_is_documented():
    built = {path.name for path in case.Settings.bin.iterdir()}
    ours = re.compile(r"test_|bench_|(goflow-docs|decode_capture)$")  # for building and testing
    public = {name for name in built if not ours.match(name)}
    case.equal(programs(), sorted(public), "pages in docs/man, and programs")


def test_manual_pages_have_every_flag_and_no_fault(folder):
    for name in programs():
        page = case.Settings.bin.parent / "man" / f"{name}.1"
        text = page.read_text().replace(r"\-", "-")
        for option in options_of(name, folder):
            case.true(rf"\fB-{option}\fR" in text, f"{page.name}: -{option} is missing")
        for section in SECTIONS:
            case.true(f"\n.SH {section}\n" in text, f"{page.name}: {section} is missing")
        done = process.check("groff", ["groff", "-man", "-ww", "-z", "-rF0", page], folder)
        case.equal(done.stderr, "", f"{page.name}: groff")


def examples(page):
    """The commands under EXAMPLES of a manual page."""
    section = page.read_text().partition("\n.SH EXAMPLES\n")[2].partition("\n.SH ")[0]
    blocks = "".join(re.findall(r"^\.nf\n(.*?)^\.fi$", section, re.M | re.S))
    for escape, plain in (("\\e\n", ""), ("\\-", "-"), ("\\(dq", '"')):
        blocks = blocks.replace(escape, plain)
    return blocks.splitlines()


def test_examples_of_the_manual_pass_the_check(folder):
    for name in programs():
        commands = examples(case.Settings.bin.parent / "man" / f"{name}.1")
        case.true(commands, f"{name}: no examples")
        for command in commands:
            program, *words = shlex.split(command)
            case.equal(program, name, command)
            # -check would open the ports and files of the example, which are not here.
            process.check("check", [goflow.program(program), *words, "-print"], folder)


def test_example_settings_pass_the_check(folder):
    examples = sorted((case.ROOT / "deploy" / "examples").glob("*.conf"))
    case.equal([path.stem for path in examples], ["goflow-ingest", "goflow-store"], "examples")
    for example in examples:
        command = [goflow.program(example.stem), "-config", example, "-print"]
        printed = process.check("print", command, folder).stdout
        case.true("metrics.addr = " in printed, example.name)


def test_links_between_documents_lead_somewhere():
    for document in documents():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            case.true((document.parent / target).exists(), f"{document.name}: no {target}")


def test_files_that_documents_name_exist():
    """A document may leave out the folder, for basenames are unique; NAME and X stand for any."""
    for document in documents():
        spans = re.findall(r"`([\w./*]+\.(?:c|h|def|proto|py))`", document.read_text())
        for span in spans:
            if not re.search(r"NAME|(?:^|[_/])X\.", span):
                found = list(case.ROOT.glob(span)) or [
                    path for path in case.ROOT.glob(f"[a-z]*/**/{span}") if "build" not in path.parts]
                case.true(found, f"{document.name}: there is no {span}")


def cases():
    """The names of all tests: those of unit tests by suite, those of scripts by file."""
    for path in case.ROOT.glob("tests/unit/*.c"):
        yield from (".".join(found) for found in
                    re.findall(r"^Test\((\w+),\s*(\w+)", path.read_text(), re.M))
    for path in case.ROOT.glob("tests/*/*.py"):
        yield from (f"{path.stem}.{name}" for name in
                    re.findall(r"^def test_(\w+)", path.read_text(), re.M))


def test_tests_that_documents_name_exist():
    known = set(cases())
    suites = {name.partition(".")[0] for name in known}
    for document in documents():
        spans = re.findall(r"`(\w+)\.(\w+)`", document.read_text())
        missing = [f"{suite}.{name}" for suite, name in spans
                   if suite in suites and name not in ("c", "h", "def", "py")
                   and f"{suite}.{name}" not in known]
        case.equal(missing, [], f"{document.name}: tests that are not there")


LABELS_ROW = re.compile(r"^\| (`[^|]*`) \| (`[^|]*`) \|", re.M)


def documented_labels():
    """{metric: its labels} by the section Labels of docs/metrics.md."""
    reference = (case.ROOT / "docs" / "metrics.md").read_text()
    section = reference.partition("## Labels\n")[2].partition("<!--")[0]
    return {
        name: set(re.findall(r"`(\w+)`", labels))
        for names, labels in LABELS_ROW.findall(section)
        for name in re.findall(r"`(\w+)`", names)
    }


def reported_labels(daemon):
    """{metric: its labels}; what belongs to summaries alone is left out."""
    page = daemon.get("/metrics")
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.M))
    found = {}
    for name, labels, _ in goflow.Metrics(page).samples:
        if name in kinds:
            found.setdefault(name, set()).update(set(labels) - {"quantile"})
    return found


def test_labels_are_documented(folder):
    documented = documented_labels()
    reference = (case.ROOT / "docs" / "metrics.md").read_text()
    unknown = sorted(name for name in documented if f"\n| `{name}` | " not in reference)
    case.equal(unknown, [], "labels of metrics that are not in the reference")
    line = goflow.Line(folder)
    for protocol in ("netflow5", "netflow9", "ipfix", "sflow"):
        line.ingest.replay(f"-synthetic={protocol}", "-count=10")
    for daemon in (line.ingest, line.store):
        for name, labels in reported_labels(daemon).items():
            case.equal(labels, documented.get(name, set()), f"{daemon.name}: labels of {name}")
    line.stop()


case.main(globals())
