#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- names from exporters that would break JSON and metrics.
import json
import pathlib
import re
import struct
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402

NAME_SIZE = 40
INGRESS_INTERFACE, INTERFACE_NAME, INTERFACE_DESCRIPTION = 10, 82, 83
NAMES = [
    b"\xff\xfe\xc0\x80 no UTF-8",
    b"\xed\xa0\x80 a surrogate",
    b"\xf4\x90\x80\x80 beyond Unicode",
    b"cut \xe2\x82",
    b'"}],"x":[{"y":"',
    b"# HELP forged x\nforged 1\n",
    b'forged{a="b"} 1\r\n',
    b"\\\" \x01\x1f\x7f\t\b",
    b"</script><script>alert(1)</script>",
    b"\xe2\x80\xa8 line \xe2\x80\xa9 \xef\xbf\xbd",
]
SAMPLE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*'
    r'(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*")*\})?'
    r' (-?[0-9.]+(e[-+]?[0-9]+)?|NaN|[-+]Inf)')


def options_datagram():
    """IPFIX: an options template, and the name of one interface a record."""
    fields = [(INGRESS_INTERFACE, 4), (INTERFACE_NAME, NAME_SIZE), (INTERFACE_DESCRIPTION, NAME_SIZE)]
    template = struct.pack(">HHH", 400, len(fields), 1) + b"".join(
        struct.pack(">HH", *field) for field in fields)
    records = b"".join(
        struct.pack(">I", number + 1) + name.ljust(NAME_SIZE, b"\0") * 2
        for number, name in enumerate(NAMES))
    sets = exports.flow_set(3, template) + exports.flow_set(400, records)
    return struct.pack(">HHIII", 10, 16 + len(sets), int(time.time()), 1, 7) + sets


def page(port, path):
    """The document, which has to be UTF-8."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def values_of(exporters):
    """What /exporters shows of the names, by interface."""
    options = next(iter(exporters.values()))["Options"]
    return {option["ScopeID"]: option["Value"] for option in options
            if option["Name"] == "interfaceName"}


def without_repeats(text):
    """One replacement character for bytes in a row, where Python makes one of several; control
    characters are "?" from the decoder on."""
    return re.sub("\ufffd+", "\ufffd", re.sub("[\x00-\x1f\x7f]", "?", text))


def check_metrics(text):
    for line in text.splitlines():
        case.true(line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line), f"no sample: {line!r}")
    case.true("forged" not in text, "a name became a metric")


def test_documents_and_metrics_stay_valid(folder):
    line = goflow.Line(folder)
    port = line.ingest.metrics_port
    exports.send(line.ingest.port, options_datagram())
    case.wait_for(lambda: '"Options":[{' in page(port, "/exporters"), 20, "options at /exporters")
    shown = values_of(json.loads(page(port, "/exporters")))
    case.equal(sorted(shown), list(range(1, len(NAMES) + 1)), "interfaces")
    for number, name in enumerate(NAMES):
        case.equal(without_repeats(shown[number + 1]),
            without_repeats(name.decode(errors="replace")), f"{name!r}")
    json.loads(page(port, "/templates"))
    for daemon in (line.ingest, line.store):
        check_metrics(page(daemon.metrics_port, "/metrics"))
    case.wait_for(lambda: stored_names(line.store) == len(NAMES), 30, "rows of options")
    for text_format in ("JSON", "JSONEachRow", "JSONCompact"):
        json_of(page(line.store.sql_port, "/?query=SELECT+*+FROM+netflow_options+FORMAT+" + text_format))
    line.stop()


def stored_names(store):
    if store.query("EXISTS netflow_options")[0]["result"] == 0:
        return 0  # made with the first row
    return int(store.query(
        "SELECT uniqExact(ScopeID) AS n FROM netflow_options WHERE Name = 'interfaceName'")[0]["n"])


def json_of(text):
    """One document, or one a line."""
    if text.startswith("{\n"):
        return json.loads(text)
    return [json.loads(row) for row in text.splitlines()]


def test_flows_as_json_stay_valid(folder):
    out = goflow.Ingest(folder, transport="console", format="json", **{"decode_extra": True})
    out.wait_until_ready()
    for name in (b"\xff\xfe\xc0\x80\xed\xa0\x80\"", b"\\\"\n}\x01\x1f\xe2\x82"):
        exports.send(out.port, exports.elements(1, name))
    case.wait_for(lambda: len(lines(out)) == 2, 20, "flows on the console")
    for text in lines(out):
        json.loads(text.decode())
    out.stop()


def lines(ingest):
    return [text for text in ingest.paths["out"].read_bytes().splitlines() if text.startswith(b"{")]


if __name__ == "__main__":
    case.main(globals())
