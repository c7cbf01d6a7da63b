#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- wrong invocations: each start is refused with flag, value and remedy.
"""
Each row of the table starts a program that must not start, and has the same program say so under
-check: in the same words, and without leaving a file behind.
"""
import contextlib
import fcntl
import os
import pathlib
import re
import socket
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

# Root writes everywhere; without these capabilities it does not.
UNPRIVILEGED = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search",
     "--inh-caps=-dac_override,-dac_read_search"] if os.geteuid() == 0 else [])

QUIET = {
    "goflow-ingest": (
        "-nf.addr=127.0.0.1", "-nf.port=0", "-nfl=false", "-sflow=false", "-tap.bind=",
        "-metrics.addr=", "-zmq.bind=ipc://link.ipc", "-ingest.state=state"),
    "goflow-store": ("-metrics.addr=", "-zmq.connect=ipc://link.ipc"),
}


class Row(typing.NamedTuple):
    """`words` may name what the world has: {udp}, {tcp}, {locked}, ..."""

    program: str
    words: str
    saying: list  # flag, value, reason and remedy, each in the one line


INGEST, STORE = "goflow-ingest", "goflow-store"
AWAY = "the database takes no data"  # a start asks for it before it binds its last port
IN_USE = ["in use", "ss -lntup"]
FOLDER = ["{sealed}", "Permission denied", "permission to write"]
NO_PARENT = ["No such file", "make the folders above it"]
NO_FOLDER = ["Not a directory", "give another one"]

TABLE = [
    # addresses
    Row(INGEST, "-nf.port={udp}", ["flag=-nf.port", "127.0.0.1:{udp}", *IN_USE]),
    Row(INGEST, "-nfl=true -nfl.addr=127.0.0.1 -nfl.port={udp}",
        ["flag=-nfl.port", "127.0.0.1:{udp}", *IN_USE]),
    Row(INGEST, "-sflow=true -sflow.addr=127.0.0.1 -sflow.port={udp}",
        ["flag=-sflow.port", "127.0.0.1:{udp}", *IN_USE]),
    Row(INGEST, "-nf.addr=192.0.2.99", ["flag=-nf.addr", "192.0.2.99:0", "ip addr"]),
    Row(INGEST, "-nf.addr=router", ["-nf.addr", '"router"', "not an IP address", "give an"]),
    Row(INGEST, "-nf.interface=none0", ["flag=-nf.interface", "interface=none0", "ip addr"]),
    Row(INGEST, "-metrics.addr=127.0.0.1:{tcp}",
        ["flag=-metrics.addr", "127.0.0.1:{tcp}", *IN_USE]),
    Row(INGEST, "-metrics.addr=8080", ["flag=-metrics.addr", "address=8080", "give HOST:PORT"]),
    Row(INGEST, "-metrics.addr=127.0.0.1:http", ["flag=-metrics.addr", "0 to 65535", "HOST:PORT"]),
    Row(INGEST, "-metrics.addr=192.0.2.99:80", ["flag=-metrics.addr", "192.0.2.99:80", "ip addr"]),
    Row(STORE, "-metrics.addr=127.0.0.1:{tcp}", ["flag=-metrics.addr", "127.0.0.1:{tcp}", *IN_USE]),
    Row(STORE, "-ch.addr=embedded -ch.path=data -ch.serve=8123",
        ["-ch.serve", '"8123"', "give HOST:PORT"]),
    Row(STORE, "-ch.addr=embedded -ch.path=data -ch.serve=:none",
        ["flag=-ch.serve", "address=:none", "0 to 65535", "give HOST:PORT"]),
    Row(STORE, "-ch.addr=embedded -ch.path=data -ch.serve=127.0.0.1:{tcp}",
        ["flag=-ch.serve", "127.0.0.1:{tcp}", *IN_USE]),
    Row(STORE, "-ch.addr=embedded -ch.serve=0.0.0.0:8123",
        ["-ch.serve", '"0.0.0.0:8123"', "beyond loopback", "-ch.password"]),
    # endpoints
    Row(INGEST, "-zmq.bind=tcp://127.0.0.1:{tcp}",
        ["flag=-zmq.bind", "tcp://127.0.0.1:{tcp}", *IN_USE]),
    Row(INGEST, "-zmq.bind=tcp://127.0.0.1:{before}",
        ["flag=-zmq.bind", "tcp://127.0.0.1:{before} return_channel=tcp://127.0.0.1:{tcp}", *IN_USE]),
    Row(INGEST, "-tap.bind=tcp://127.0.0.1:{tcp}",
        ["flag=-tap.bind", "tcp://127.0.0.1:{tcp}", *IN_USE]),
    Row(STORE, "-zmq.connect= -zmq.bind=tcp://127.0.0.1:{tcp}",
        ["flag=-zmq.bind", "tcp://127.0.0.1:{tcp}", *IN_USE]),
    Row(INGEST, "-zmq.bind=carrier://pigeon",
        ["-zmq.bind", "carrier://pigeon", "not an endpoint", "give tcp://"]),
    Row(STORE, "-zmq.connect=tcp://127.0.0.1",
        ["-zmq.connect", "tcp://127.0.0.1", "not an endpoint", "give tcp://"]),
    Row(INGEST, "-zmq.bind=tcp://192.0.2.99:5557 -zmq.insecure",
        ["flag=-zmq.bind", "tcp://192.0.2.99:5557", "ip addr"]),
    Row(INGEST, "-zmq.bind=tcp://0.0.0.0:5557",
        ["-zmq.bind", "tcp://0.0.0.0:5557", "without keys", "give -zmq.keys"]),
    Row(INGEST, "-zmq.bind=ipc://none/link.ipc",
        ["flag=-zmq.bind", "ipc://none/link.ipc", "No such file", "make the folder"]),
    Row(INGEST, "-zmq.bind=ipc://{live}", ["flag=-zmq.bind", "ipc://{live}", *IN_USE]),
    Row(INGEST, "-zmq.bind=ipc://{file}", ["flag=-zmq.bind", "ipc://{file}", "remove it"]),
    Row(STORE, "-zmq.connect= -zmq.bind=ipc://" + "x" * 120,
        ["flag=-zmq.bind", "ipc://xxx", "too long", "at most 103"]),
    # keys
    Row(INGEST, "-zmq.keys=none", ["flag=-zmq.keys", "none/own.key_secret", "goflow-keys make"]),
    Row(STORE, "-zmq.keys={open_keys}",
        ["flag=-zmq.keys", "{open_keys}/own.key_secret", "others may read", "chmod 600"]),
    # folders
    Row(INGEST, "-spool.dir={file}/spool", ["flag=-spool.dir", "{file}/spool", *NO_FOLDER]),
    Row(INGEST, "-spool.dir={file}", ["flag=-spool.dir", "{file}", *NO_FOLDER]),
    Row(INGEST, "-spool.dir=none/spool", ["flag=-spool.dir", "none/spool", *NO_PARENT]),
    Row(INGEST, "-spool.dir={sealed}/spool -ingest.state=", ["flag=-spool.dir", *FOLDER]),
    Row(INGEST, "-spool.dir={locked}", ["flag=-spool.dir", "{locked}", "another process", "stop"]),
    Row(INGEST, "-ingest.state=none/state", ["flag=-ingest.state", "none/state", *NO_PARENT]),
    Row(INGEST, "-ingest.state={sealed}", ["flag=-ingest.state", *FOLDER]),
    Row(STORE, "-deadletter.dir=none/dead", ["flag=-deadletter.dir", "none/dead", *NO_PARENT]),
    Row(STORE, "-deadletter.dir={sealed}/dead", ["flag=-deadletter.dir", *FOLDER]),
    Row(STORE, "-ch.addr=embedded -ch.path={file}/data", ["flag=-ch.path", "{file}/data", *NO_FOLDER]),
    Row(STORE, "-ch.addr=embedded -ch.path={sealed}/data", ["flag=-ch.path", *FOLDER]),
    # files
    Row(INGEST, "-sampling.map=none.txt",
        ["flag=-sampling.map", "file=none.txt", "No such file", "make the file"]),
    Row(INGEST, "-sampling.map={file}", ["flag=-sampling.map", "{file} line=1", "mend that line"]),
    Row(INGEST, "-mapping=none.txt", ["flag=-mapping", "file=none.txt", "No such file", "make the"]),
    Row(STORE, "-mapping={file}", ["flag=-mapping", "{file} line=1", "mend that line"]),
    Row(INGEST, "-exporters.allow={folder}",
        ["flag=-exporters.allow", "{folder}", "Is a directory", "give a file"]),
    Row(INGEST, "-read=none.pcap", ["flag=-read", "file=none.pcap", "No such file", "make the file"]),
    Row(STORE, "-ch.password.file=none.txt",
        ["flag=-ch.password.file", "file=none.txt", "No such file", "make the file"]),
    Row(STORE, "-ch.password.file={empty}",
        ["flag=-ch.password.file", "{empty}", "is empty", "first line"]),
    # the engine
    Row(STORE, "-ch.addr=embedded -ch.path=data -ch.lib=none.so",
        ["flag=-ch.lib", "none.so", "deploy/fetch-engine"]),
    Row(STORE, "-ch.addr=embedded -ch.path=data -ch.lib={file}",
        ["flag=-ch.lib", "{file}", "deploy/fetch-engine"]),
    # what contradicts itself
    Row(INGEST, "-nf=false", ["-nf", "false", "nothing to do", "-read"]),
    Row(INGEST, "-batch.bytes=8MiB -window.bytes=4MiB",
        ["-batch.bytes", "8388608", "4194304", "lower it"]),
    Row(STORE, "-ch.addr=embedded,ch1", ["-ch.addr", "embedded stands alone", "give servers only"]),
    Row(STORE, "-ch.addr=", ["-ch.addr", "empty", "give embedded"]),
    Row(STORE, "-ch.addr=ch1 -ch.serve=:8123", ["-ch.serve", '":8123"', "embedded engine", "leave"]),
    Row(STORE, "-ch.password=a -ch.password.file=b", ["-ch.password.file", '"b"', "give one"]),
    Row(STORE, "-deadletter.replay", ["-deadletter.replay", "give the folder", "-deadletter.dir"]),
    Row(STORE, "-ch.table=", ["-ch.table", "empty", "give a name"]),
]


class World:
    """What stands in the way of the rows: busy ports, locked and sealed folders, wrong files."""

    def __init__(self, folder, stack):
        self.udp = self.bound(stack, socket.SOCK_DGRAM, process.free_ports())
        self.before = process.free_ports(2)
        self.tcp = self.bound(stack, socket.SOCK_STREAM, self.before + 1)
        self.file = folder / "file"
        self.file.write_text("neither one nor the other\n")
        self.empty = folder / "empty"
        self.empty.write_text("")
        self.folder = folder / "folder"
        self.sealed = folder / "sealed"
        self.locked = folder / "locked"
        for path in (self.folder, self.sealed, self.locked):
            path.mkdir()
        self.sealed.chmod(0o500)
        lock = stack.enter_context(open(self.locked / "lock", "w", encoding="ascii"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.live = "live.ipc"
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        here = os.getcwd()
        os.chdir(folder)
        listener.bind(self.live)
        os.chdir(here)
        listener.listen()
        self.open_keys = folder / "keys"
        process.check("keys", [goflow.program("goflow-keys"), "make", self.open_keys], folder)
        (self.open_keys / "own.key_secret").chmod(0o644)

    @staticmethod
    def bound(stack, kind, port):
        taken = stack.enter_context(socket.socket(socket.AF_INET, kind))
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        return port


def files_in(folder):
    """Every file and folder, with what is in it."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix not in (".out", ".err"):
            found[str(path)] = path.read_bytes() if path.is_file() else None
    return found


def refusal(folder, row, words):
    """The one line on stderr, without its time."""
    is_elsewhere = row.program == STORE and not any("-ch.addr" in word for word in words)
    server = ["-ch.addr=127.0.0.1:1"] if is_elsewhere else []
    command = [
        *UNPRIVILEGED, goflow.program(row.program), *QUIET[row.program], *server, *words]
    environment = {key: value for key, value in os.environ.items() if "GOFLOW" not in key}
    done = process.run("refused", command, folder, env=environment)
    what = f"{row.program} {' '.join(words)}"
    case.true(done.child.returncode in (1, 2), f"{what}: status {done.child.returncode}: {done.stderr}")
    case.equal(done.stdout, "", f"{what}: stdout")
    lines = [line for line in done.stderr.splitlines() if AWAY not in line]
    case.equal(len(lines), 1, f"{what}: lines on stderr: {lines}")
    return re.sub(r"^\S+Z ", "", lines[0])


def check_row(folder, row, world):
    words = row.words.format(**vars(world)).split(" ")
    before = files_in(folder)
    checked = refusal(folder, row, [*words, "-check"])
    case.equal(files_in(folder), before, f"{row.words}: what -check leaves behind")
    started = refusal(folder, row, words)
    case.equal(checked, started, f"{row.words}: what -check says")
    for text in row.saying:
        text = text.format(**vars(world))
        case.true(text in started, f"{row.program} {row.words}: {started!r} lacks {text!r}")


def check_rows(folder, rows):
    with contextlib.ExitStack() as stack:
        world = World(folder, stack)
        wrong = []
        for row in rows:
            try:
                check_row(folder, row, world)
            except AssertionError as error:
                wrong.append(str(error))
        case.equal(wrong, [], f"of {len(rows)} rows are wrong")


def test_an_ingest_that_is_refused_names_flag_value_and_remedy(folder):
    check_rows(folder, [row for row in TABLE if row.program == INGEST])


def test_a_store_that_is_refused_names_flag_value_and_remedy(folder):
    check_rows(folder, [row for row in TABLE if row.program == STORE])


def test_check_of_what_would_start_leaves_nothing_behind(folder):
    ports = process.free_ports(4)
    for name, words in (
            (INGEST, ["-spool.dir=spool", "-ingest.state=state", f"-nf.port={ports}",
                      "-nf.addr=127.0.0.1", "-nfl=false", "-sflow=false",
                      f"-metrics.addr=127.0.0.1:{ports}", "-tap.bind=ipc://tap.ipc",
                      f"-zmq.bind=tcp://127.0.0.1:{ports + 1}", "-templates.file=templates"]),
            (STORE, ["-ch.path=a/b/data", "-deadletter.dir=dead", "-ch.serve=127.0.0.1:0",
                     f"-zmq.bind=tcp://127.0.0.1:{ports + 1}", f"-metrics.addr=127.0.0.1:{ports}"])):
        before = files_in(folder)
        done = process.run("check", [goflow.program(name), *words, "-check"], folder)
        case.equal((done.child.returncode, done.stdout, done.stderr), (0, "ok\n", ""), name)
        case.equal(files_in(folder), before, f"what {name} -check leaves behind")


def test_check_takes_nothing_from_a_program_that_runs(folder):
    ingest = goflow.Ingest(folder, spool_dir=folder / "spool").wait_until_ready()
    done = process.run("check", [*ingest.command, "-nf.port=0", "-check"], folder)
    case.equal(done.child.returncode, 1, f"status of a second one: {done.stderr}")
    case.true("in use" in done.stderr and "flag=-zmq.bind" in done.stderr, done.stderr)
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    sent = ingest.replay("-synthetic=netflow5", "-count=10", "-seed=1")["flows"]
    case.wait_until_equal(lambda: int(store.query("SELECT count() AS n FROM netflow")[0]["n"]), sent,
                          30, "rows")


def test_check_looks_at_folders_with_the_rights_of_the_user_flag(folder):
    """Root may do all, and nobody may not: so the checks are made as nobody."""
    if os.geteuid() != 0:
        return
    folder.chmod(0o755)
    for name, words, saying in (
            (INGEST, [], "flag=-zmq.bind"),
            (STORE, [f"-deadletter.dir={folder}/dead"], f"folder={folder}/dead")):
        row = Row(name, "", [])
        checked = refusal(folder, row, [*words, "-user=nobody", "-check"])
        case.true(saying in checked and "Permission denied" in checked, checked)


def test_two_flags_that_want_one_port_are_refused_by_check_as_by_the_start(folder):
    port = process.free_ports(2)
    row = Row(INGEST, "", [])
    words = [f"-zmq.bind=tcp://127.0.0.1:{port}", f"-metrics.addr=127.0.0.1:{port}"]
    case.equal(refusal(folder, row, [*words, "-check"]), refusal(folder, row, words), "its line")


if __name__ == "__main__":
    case.main(globals())
