#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- flags, files, environment and refusals of all programs.
import os
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

PROGRAMS = [
    "goflow-ingest", "goflow-store", "goflow-tap", "goflow-replay", "goflow-keys", "goflow", "cnetflow",
    "csflow", "cnflegacy"]


def run(folder, name, *words, env=None):
    environment = {key: value for key, value in os.environ.items() if "GOFLOW" not in key}
    environment.pop("STATE_DIRECTORY", None)
    environment["XDG_STATE_HOME"] = str(folder / "state")
    return process.run(
        name, [goflow.program(name), *words], folder, seconds=60, env={**environment, **(env or {})})


def refused(folder, name, *words, saying, env=None):
    """Status not 0, nothing on stdout, and one line on stderr that has all of `saying`."""
    done = run(folder, name, *words, env=env)
    what = f"{name} {' '.join(words)}"
    case.true(done.child.returncode > 0, f"{what}: status {done.child.returncode}")
    case.equal(done.stdout, "", f"{what}: stdout")
    lines = done.stderr.splitlines()
    case.true(len(lines) == 1, f"{what}: {len(lines)} lines on stderr: {lines}")
    for text in saying:
        case.true(text in lines[0], f"{what}: says {lines[0]!r}, without {text!r}")


def accepted(folder, name, *words, env=None):
    done = run(folder, name, *words, env=env)
    case.true(
        done.child.returncode == 0,
        f"{name} {' '.join(words)}: status {done.child.returncode}: {done.failure()}")
    return done.stdout


def printed(folder, name, *words, env=None):
    """The settings in force, as -print shows them, without the comments that name the source."""
    lines = accepted(folder, name, *words, "-print", env=env).splitlines()
    pairs = (line.split(" # ")[0].split(" = ", 1) for line in lines if not line.startswith("#"))
    return {key: value.strip('"') for key, value in pairs}


def test_help_names_the_words_that_are_not_flags(folder):
    for name, words in (
            ("goflow-store", ("query ", "top ")), ("goflow-replay", ("FILE ",)),
            ("goflow-keys", ("make ", "allow ", "refuse ", "list "))):
        answer = process.run(name, [goflow.program(name), "-h"], folder).stdout
        for word in words:
            case.true(f"  {name} {word}" in answer, f"{name} -h does not say {word}")


def test_an_unknown_flag_is_refused(folder):
    for name in PROGRAMS:
        refused(folder, name, "-no.such.flag", saying=[name, "no.such.flag"])


def test_a_word_that_is_no_flag_is_refused(folder):
    for name in ("goflow-ingest", "goflow-tap"):
        refused(folder, name, "word", saying=["word"])


def test_a_bad_value_is_refused_with_its_range(folder):
    refused(folder, "goflow-ingest", "-nf.port=65536", saying=["nf.port", "65535"])
    refused(folder, "goflow-ingest", "-nf.port=20x", saying=["nf.port", "20x"])
    refused(folder, "goflow-ingest", "-workers=-1", saying=["workers"])
    refused(folder, "goflow-ingest", "-transport=pigeon", saying=["transport", "zmq"])
    refused(folder, "goflow-ingest", "-batch.age=soon", saying=["batch.age", "soon"])
    refused(folder, "goflow-store", "-ch.port=0x50", saying=["ch.port"])
    refused(folder, "goflow-store", "-ch.ttl=longish", saying=["ch.ttl", "longish"])


def test_of_several_bad_values_the_first_is_said(folder):
    refused(folder, "goflow-ingest", "-nf.addr=router", "-loglevel=loud", "-check", saying=["nf.addr"])
    refused(folder, "goflow-store", "-ch.addr=a b", "-loglevel=loud", "-check", saying=["ch.addr"])
    refused(folder, "cnetflow", "-addr=router", "-kafka", "-check", saying=["kafka"])


def test_a_flag_without_its_value_is_refused(folder):
    refused(folder, "goflow-ingest", "-nf.port", saying=["nf.port"])


def test_a_bad_file_is_refused_with_its_line(folder):
    (folder / "bad.conf").write_text("# fine\nnf.port = 2057\nnf.prot = 1\n")
    refused(folder, "goflow-ingest", f"-config={folder}/bad.conf", saying=["bad.conf:3", "nf.prot"])
    refused(folder, "goflow-ingest", f"-config={folder}/none.conf", saying=["none.conf"])


def test_a_bad_environment_variable_is_refused(folder):
    refused(
        folder, "goflow-ingest", "-check", env={"GOFLOW_NF_PORT": "many"},
        saying=["GOFLOW_NF_PORT", "many"])


def test_help_lists_flags_and_defaults(folder):
    for name, flags in {
        "goflow-ingest": ["-nf.port", "2055", "-sflow.port", "6343", "-metrics.addr", "-read"],
        "goflow-store": ["-ch.addr", "embedded", "-ch.ttl", "-ch.serve", "-zmq.connect"],
        "goflow-tap": ["-connect", "-format"],
        "goflow-replay": ["-target", "-synthetic", "-pps"],
    }.items():
        text = accepted(folder, name, "-h")
        for flag in flags:
            case.true(flag in text, f"{name} -h lacks {flag}")


def test_version_names_the_program(folder):
    for name in PROGRAMS:
        text = accepted(folder, name, "-v")
        case.true(re.match(rf"{name} \d+\.\d+", text), f"{name} -v says {text!r}")


def test_check_says_ok_without_starting(folder):
    free = {f"GOFLOW_{name}": "0" for name in ("NF_PORT", "NFL_PORT", "SFLOW_PORT", "PORT")}
    free |= {f"GOFLOW_{name}": "127.0.0.1:0" for name in ("METRICS_ADDR", "STORE_METRICS_ADDR")}
    free |= {"GOFLOW_ZMQ_BIND": "ipc://cli.ipc", "GOFLOW_TAP_BIND": ""}
    if b"__asan_init" in goflow.program("goflow-store").read_bytes():
        free |= {"GOFLOW_CH_ADDR": "127.0.0.1"}  # the engine does not load into such a program
    for name in PROGRAMS:
        text = accepted(folder, name, "-check", env=free)
        case.true("ok" in text, f"{name} -check says {text!r}")


def test_keys_are_made_allowed_listed_and_refused(folder):
    one, other = str(folder / "one"), str(folder / "other")
    key = accepted(folder, "goflow-keys", "make", one, "edge1").split()[0]
    accepted(folder, "goflow-keys", "make", other, "centre")
    accepted(folder, "goflow-keys", "allow", other, "ingest", "edge1", key)
    listed = accepted(folder, "goflow-keys", "list", other).splitlines()
    case.equal(listed[1].split(), ["ingest", key, "edge1"], "the peer that is let in")
    accepted(folder, "goflow-keys", "refuse", other, "ingest", "edge1")
    case.equal(len(accepted(folder, "goflow-keys", "list", other).splitlines()), 1, "lines")
    refused(folder, "goflow-keys", "make", one, saying=["already", one])
    refused(folder, "goflow-keys", "allow", other, "ingest", "e", "short", saying=["Z85", "short"])
    refused(folder, "goflow-keys", "allow", other, "ingest", "../e", key, saying=["../e"])


def test_go_syntax_is_understood(folder):
    for words in (["-nf.port=2057"], ["-nf.port", "2057"], ["--nf.port=2057"]):
        case.equal(printed(folder, "goflow-ingest", *words)["nf.port"], "2057", " ".join(words))
    for word, value in (("-sflow", "true"), ("-sflow=false", "false"), ("--sflow=false", "false")):
        case.equal(printed(folder, "goflow-ingest", word)["sflow"], value, word)


def test_flag_beats_environment_beats_file_beats_default(folder):
    (folder / "goflow.conf").write_text("nf.port = 1001\nnfl.port = 1001\nsflow.port = 1001\n")
    settings = printed(
        folder, "goflow-ingest", f"-config={folder}/goflow.conf", "-nf.port=1003",
        env={"GOFLOW_NF_PORT": "1002", "GOFLOW_NFL_PORT": "1002"})
    ports = {name: settings[f"{name}.port"] for name in ("nf", "nfl", "sflow")}
    case.equal(ports, {"nf": "1003", "nfl": "1002", "sflow": "1001"}, "ports")
    case.equal(printed(folder, "goflow-ingest")["nf.port"], "2055", "default of -nf.port")


def test_what_print_shows_is_a_config_file(folder):
    for name in ("goflow-ingest", "goflow-store"):
        text = accepted(folder, name, "-loglevel=debug", "-print")
        (folder / "printed.conf").write_text(text)
        case.equal(
            printed(folder, name, f"-config={folder}/printed.conf"),
            printed(folder, name, "-loglevel=debug"), f"{name} with its own -print as file")


def test_a_password_is_never_shown(folder):
    secret = "hunter2hunter2"
    for words, env in ((["-ch.password", secret], {}), ([], {"GOFLOW_CH_PASSWORD": secret})):
        for action in ("-print", "-check"):
            done = run(folder, "goflow-store", *words, action, env=env)
            case.true(secret not in done.stdout + done.stderr, f"{action} shows the password")


def test_a_port_in_use_is_refused_with_its_address(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused(
            folder, "goflow-ingest", "-nf.addr=127.0.0.1", f"-nf.port={port}", "-sflow=false",
            "-nfl=false", f"-zmq.bind=ipc://{folder}/a.ipc", "-tap.bind=",
            "-metrics.addr=127.0.0.1:0", saying=["127.0.0.1", str(port), "in use"])


def test_a_metrics_port_in_use_is_refused_with_its_address(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(
            folder, "goflow-ingest", "-nf=false", "-sflow=false", "-nfl.addr=127.0.0.1",
            f"-nfl.port={process.free_ports()}", f"-zmq.bind=ipc://{folder}/a.ipc", "-tap.bind=",
            f"-metrics.addr=127.0.0.1:{port}", saying=["127.0.0.1", str(port), "in use"])


QUIET = {
    "goflow-ingest": (
        "-nf.addr=127.0.0.1", "-nf.port=0", "-nfl=false", "-sflow=false", "-tap.bind=",
        "-metrics.addr=", "-zmq.bind=inproc://cli"),
    "goflow-store": ("-metrics.addr=",),
    "goflow-replay": (),
    "goflow-tap": (),
}


def start_refused(folder, name, *words, saying):
    refused(folder, name, *QUIET[name], *words, saying=saying)


def test_an_address_of_another_host_is_refused(folder):
    start_refused(folder, "goflow-ingest", "-nf.addr=192.0.2.99", saying=["192.0.2.99", "address"])


def test_files_and_folders_that_cannot_be_read_are_refused_by_name(folder):
    taken, nowhere = folder / "file", folder / "none" / "of" / "it"
    taken.write_text("neither\n")
    for flag in ("read", "sampling.map"):
        for path, why in ((nowhere, "No such file"), (folder, "Is a directory"), (taken, str(taken))):
            start_refused(folder, "goflow-ingest", f"-{flag}={path}", saying=[str(path), why])
    start_refused(folder, "goflow-ingest", f"-spool.dir={taken}", saying=[str(taken), "Not a dir"])
    start_refused(folder, "goflow-ingest", f"-spool.dir={nowhere}", saying=[str(nowhere)])
    for flag in ("ch.path", "deadletter.dir"):
        start_refused(
            folder, "goflow-store", f"-{flag}={taken}", saying=[str(taken), "Not a directory"])
    for path, why in ((nowhere, "No such file"), (folder, "Is a directory")):
        start_refused(
            folder, "goflow-store", f"-ch.password.file={path}", saying=[str(path), why])
        start_refused(folder, "goflow-replay", str(path), saying=[str(path), why])
    start_refused(
        folder, "goflow-store", "-deadletter.replay", f"-deadletter.dir={nowhere}",
        "-ch.addr=127.0.0.1", saying=[str(nowhere), "No such file"])
    start_refused(
        folder, "goflow-replay", "-synthetic=netflow5", "-count=1", f"-write={nowhere}",
        saying=[str(nowhere), "No such file"])


def test_a_password_that_is_empty_or_cut_is_refused(folder):
    password = folder / "password"
    for text, why in (("", "empty"), ("x" * 300 + "\n", "too long")):
        password.write_text(text)
        start_refused(
            folder, "goflow-store", f"-ch.password.file={password}", saying=[str(password), why])
    start_refused(folder, "goflow-store", f"-ch.password={'x' * 300}", saying=["password", "long"])


def test_what_contradicts_itself_is_refused(folder):
    for name, words, saying in (
            ("goflow-ingest", ["-nf=false"], ["nf", "nothing to do"]),
            ("goflow-ingest", ["-batch.bytes=8MiB", "-window.bytes=4MiB"], ["batch.bytes", "window"]),
            ("goflow-store", ["-ch.addr=embedded,ch1"], ["ch.addr", "embedded"]),
            ("goflow-store", ["-ch.addr="], ["ch.addr", "empty"]),
            ("goflow-store", ["-ch.addr=user:secret@ch1"], ["ch.addr"]),
            ("goflow-store", ["-ch.addr=ch1", "-ch.serve=:8123"], ["ch.serve", "embedded"]),
            ("goflow-store", ["-ch.password=a", "-ch.password.file=b"], ["ch.password"]),
            ("goflow-store", ["-deadletter.replay"], ["deadletter.dir"]),
            ("goflow-store", ["-ch=false"], ["-ch:"]),
            ("goflow-store", ["wonder"], ["wonder", "query", "top"]),
            ("goflow-tap", ["-connect="], ["connect"]),
            ("goflow-tap", ["-filter=proto="], ["filter", "number"]),
            ("goflow-replay", [], ["synthetic", "capture"]),
            ("goflow-replay", ["-synthetic=sflow", "-count=1", "a.pcap"], ["synthetic", "capture"]),
            ("goflow-replay", ["-synthetic=sflow", "-count=1", "-target=here"], ["target", "here"])):
        start_refused(folder, name, *words, saying=saying)


def test_a_database_that_does_not_answer_is_told_by_name(folder):
    for address, why in (("127.0.0.1:1", "connect"), ("no.host.invalid", "resolve")):
        start_refused(
            folder, "goflow-store", "query", "SELECT 1", f"-ch.addr={address}", "-ch.timeout=5s",
            saying=[address, why])


def test_a_library_that_is_no_engine_is_refused(folder):
    (folder / "libchdb.so").write_text("no library")
    start_refused(
        folder, "goflow-store", f"-ch.lib={folder}/libchdb.so", f"-ch.path={folder}/data",
        saying=["libchdb.so"])


def test_a_bad_endpoint_is_refused(folder):
    refused(
        folder, "goflow-ingest", "-zmq.bind=carrier://pigeon", "-metrics.addr=127.0.0.1:0",
        saying=["carrier://pigeon"])
    refused(
        folder, "goflow-store", "-zmq.connect=carrier://pigeon", "-metrics.addr=127.0.0.1:0",
        f"-ch.path={folder}/data", saying=["carrier://pigeon"])


def test_a_missing_engine_is_refused_with_the_way_to_get_it(folder):
    refused(
        folder, "goflow-store", f"-ch.lib={folder}/libchdb.so", f"-ch.path={folder}/data",
        "-metrics.addr=127.0.0.1:0", saying=[f"{folder}/libchdb.so", "fetch-engine"])


if __name__ == "__main__":
    case.main(globals())
