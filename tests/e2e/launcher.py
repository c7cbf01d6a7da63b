#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- goflow runs one ingest and its stores as one program.
import contextlib
import http.client
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import exports  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

ARRIVE_S = 60
READY_S = 60
CHILD_END_S = 10  # a second, on a machine that is not busy; it was the stop's 30 s
STOP_S = 90  # of a busy machine: a lease, its margin, an engine that starts again


class Launcher(process.Process):
    """goflow on free ports; further flags as words."""

    def __init__(self, folder, *words, stores=1, stdin=subprocess.DEVNULL):
        self.folder = folder
        self.nf_port, self.metrics_port, self.sql_port = (process.free_ports() for _ in range(3))
        self.store_port = process.free_ports(stores)
        self.store_ports = range(self.store_port, self.store_port + stores)
        command = [
            goflow.program("goflow"), "-nf.addr=127.0.0.1", f"-nf.port={self.nf_port}",
            "-nfl=false", "-sflow=false", "-tap.bind=", f"-stores={stores}",
            f"-metrics.addr=127.0.0.1:{self.metrics_port}", "-loglevel=info",
            f"-store.metrics.addr=127.0.0.1:{self.store_port}", f"-ch.path={folder}/data",
            f"-ch.serve=127.0.0.1:{self.sql_port}", "-block.age=200ms", *words]
        super().__init__("goflow", command, folder, stdin=stdin)

    def wait_until_ready(self):
        self.until(lambda: answers(self.metrics_port), READY_S, "/healthz of the ingest")
        self.until(self.has_table, READY_S, "the table")
        return self

    def has_table(self):
        page = goflow.document(self.store_port, "/metrics")
        return page and goflow.Metrics(page).sum("goflow_write_database_up") == 1

    def replay(self, *words):
        return goflow.replay(self.folder, *words, f"-target=127.0.0.1:{self.nf_port}")

    def rows(self):
        return int(goflow.query(self.sql_port, "SELECT count() AS n FROM netflow")[0]["n"])

    def decoded(self):
        page = goflow.Metrics(goflow.document(self.metrics_port, "/metrics"))
        return page.sum("goflow_flows_total")

    def held(self):
        """Flows that wait in each store."""
        pages = [goflow.document(port, "/metrics") for port in self.store_ports]
        return [goflow.Metrics(page).sum("goflow_pull_flows_waiting") for page in pages if page]

    def stores(self):
        """Process ids, in the order of their metrics ports."""
        return sorted(self.pids("goflow-store"))

    def kill(self):
        """Its children outlive a SIGKILL by the time their own stop takes: they go as well."""
        children = []
        with contextlib.suppress(FileNotFoundError):
            children = self.pids("goflow-ingest") + self.pids("goflow-store")
        super().kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids(self, program):
        """Of the launcher's children that run this program."""
        pids = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(pid) for pid in pids.read_text().split() if executable(pid) == program]


def executable(pid):
    """The name of the program; None for a process that has just ended."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    return None


def answers(port):
    return goflow.document(port, "/healthz") is not None


def test_one_command_stores_flows_and_stops_clean(folder):
    launcher = Launcher(folder).wait_until_ready()
    sent = launcher.replay("-synthetic=ipfix", "-count=200", "-seed=1")
    case.wait_until_equal(launcher.rows, sent["flows"], ARRIVE_S, "rows")
    children = launcher.pids("goflow-ingest") + launcher.pids("goflow-store")
    case.equal(len(children), 2, "children")
    launcher.stop()
    for pid in children:
        case.true(not os.path.exists(f"/proc/{pid}"), f"child {pid} outlived the launcher")


def test_all_that_was_accepted_is_written_at_the_stop(folder):
    launcher = Launcher(folder, "-block.age=10m", "-batch.age=10s").wait_until_ready()
    sent = launcher.replay("-synthetic=netflow5", "-count=100", "-seed=2")
    case.wait_until_equal(launcher.decoded, sent["flows"], ARRIVE_S, "flows decoded")
    launcher.stop()
    again = Launcher(folder).wait_until_ready()
    case.equal(again.rows(), sent["flows"], "rows after a restart")


def test_the_stop_waits_for_what_a_killed_store_had(folder):
    for number, part in enumerate(("the engine's", "the other")):
        check_stop_after_kill(folder / str(number), number, part)


def check_stop_after_kill(folder, number, part):
    """Both stores hold rows, one dies, and the launcher is stopped at once."""
    folder.mkdir()
    launcher = Launcher(
        folder, "-ack.timeout=2s", "-block.age=10m", "-batch.flows=100", stores=2)
    launcher.wait_until_ready()
    launcher.until(lambda: answers(launcher.store_port + 1), READY_S, "the second store")
    sent = launcher.replay("-synthetic=netflow5", "-count=100", "-seed=5")
    launcher.until(lambda: sum(launcher.held()) == sent["flows"], ARRIVE_S, "flows in the stores")
    case.true(min(launcher.held()) > 0, "a store has nothing to lose")
    os.kill(launcher.stores()[number], signal.SIGKILL)
    launcher.stop(STOP_S)
    again = Launcher(folder).wait_until_ready()
    case.equal(again.rows(), sent["flows"], f"rows after the end of {part} store")
    again.stop()


def test_a_stop_that_loses_flows_is_an_error(folder):
    launcher = Launcher(folder, "-block.age=10m", "-stop.timeout=0").wait_until_ready()
    sent = launcher.replay("-synthetic=netflow5", "-count=100", "-seed=6")
    case.wait_until_equal(launcher.decoded, sent["flows"], ARRIVE_S, "flows decoded")
    launcher.stop(status=goflow.LOST)
    case.true("what was left is lost" in launcher.stderr, "the loss is not told")


def test_stores_share_the_engine_of_the_first(folder):
    launcher = Launcher(folder, "-batch.flows=200", stores=3).wait_until_ready()
    sent = launcher.replay("-synthetic=netflow9", "-count=2000", "-pps=2000", "-seed=3")
    case.wait_until_equal(launcher.rows, sent["flows"], ARRIVE_S, "rows")
    case.equal(len(launcher.pids("goflow-store")), 3, "stores")
    case.true(answers(launcher.store_port + 2), "the third store's metrics are two ports up")
    launcher.stop()


def test_stores_share_over_a_socket_that_only_this_user_reaches(folder):
    launcher = Launcher(folder, "-ch.serve=", "-batch.flows=200", stores=2).wait_until_ready()
    words = [word for pid in launcher.stores() for word in command_line(pid)]
    path = next(word for word in words if word.startswith("-ch.serve.socket=")).split("unix:")[1]
    case.true(f"-ch.addr=unix:{path}" in words, f"the second store's database: {words}")
    case.equal(oct(os.stat(path).st_mode & 0o777), "0o600", "mode of the socket")
    case.equal(oct(os.stat(os.path.dirname(path)).st_mode & 0o777), "0o700", "mode of its folder")
    ports = set().union(*(listening_ports(pid) for pid in launcher.stores()))
    case.equal(ports, set(launcher.store_ports), "TCP ports of the stores: metrics and no other")
    sent = launcher.replay("-synthetic=ipfix", "-count=200")
    case.wait_until_equal(
        lambda: int(ask_socket(path, "SELECT count() FROM netflow")), sent["flows"], 60, "rows")
    launcher.stop(STOP_S)
    case.true(not os.path.exists(path), "the socket is gone")


def test_questions_find_its_engine_without_a_flag(folder):
    launcher = Launcher(folder, "-ch.serve=").wait_until_ready()
    sent = launcher.replay("-synthetic=netflow5", "-count=100", "-seed=7")
    case.wait_until_equal(lambda: ask(folder), sent["flows"], ARRIVE_S, "rows")
    (store,) = launcher.stores()
    case.equal(listening_ports(store), {launcher.store_port}, "TCP ports: metrics and no other")
    launcher.stop()
    case.equal(ask(folder), sent["flows"], "rows after the stop")


def test_all_stores_use_the_socket_that_is_given(folder):
    path = f"{folder}/given"
    launcher = Launcher(
        folder, "-ch.serve=", f"-ch.serve.socket=unix:{path}", "-batch.flows=100", stores=2)
    launcher.wait_until_ready()
    sent = launcher.replay("-synthetic=netflow5", "-count=200", "-pps=400", "-seed=8")
    count = "SELECT count() FROM netflow"
    case.wait_until_equal(
        lambda: int(ask_socket(path, count)), sent["flows"], ARRIVE_S, "rows")
    case.equal(ask(folder), sent["flows"], "rows that goflow-store query finds")
    launcher.stop(STOP_S)


def ask(folder):
    """Rows, as goflow-store query finds them."""
    done = process.run("query", [
        goflow.program("goflow-store"), "query", "SELECT count() FROM netflow FORMAT TSV",
        f"-ch.path={folder}/data"], folder)
    case.equal(done.child.returncode, 0, f"exit status: {done.stderr}")
    return int(done.stdout)


def command_line(pid):
    with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
        return file.read().split("\0")


def listening_ports(pid):
    """TCP ports that the process listens on."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(f"/proc/{pid}/fd/{name}").removeprefix("socket:[").rstrip("]"))
    ports = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as file:
            rows = [line.split() for line in file.read().splitlines()[1:]]
        ports |= {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in inodes}
    return ports


def ask_socket(path, statement):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request("POST", "/", statement)
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def test_a_store_that_dies_is_started_again(folder):
    launcher = Launcher(folder).wait_until_ready()
    (victim,) = launcher.pids("goflow-store")
    os.kill(victim, signal.SIGKILL)
    launcher.until(
        lambda: [pid for pid in launcher.pids("goflow-store") if pid != victim], READY_S, "restart")
    launcher.until(lambda: answers(launcher.store_port), READY_S, "the new store")
    sent = launcher.replay("-synthetic=netflow5", "-count=100", "-seed=4")
    case.wait_until_equal(launcher.rows, sent["flows"], ARRIVE_S, "rows")
    launcher.stop()


def test_the_first_real_error_comes_back(folder):
    done = process.run("goflow", [goflow.program("goflow"), "-nf.prot=1"], folder)
    case.true(done.child.returncode != 0, "an unknown flag is no success")
    case.equal(len(done.stderr.strip().splitlines()), 1, "lines on stderr")
    case.true("nf.port" in done.stderr, f"no suggestion: {done.stderr}")

    first = Launcher(folder).wait_until_ready()
    second = process.run(
        "second",
        [goflow.program("goflow"), "-nf.addr=127.0.0.1", f"-nf.port={first.nf_port}", "-nfl=false",
         "-sflow=false", "-tap.bind=", "-metrics.addr=127.0.0.1:0",
         "-store.metrics.addr=127.0.0.1:0", f"-ch.path={folder}/other"], folder)
    case.true(second.child.returncode != 0, "a port in use is no success")
    case.true(str(first.nf_port) in second.stderr, f"the port is not named: {second.stderr}")
    first.stop()


def test_the_originals_line_works_as_it_stands(folder):
    """As printed in the original's manual, but for the address and the folder."""
    line = (
        './goflow -ch.database="homestat" -ch.table="nflowVPN" -ch.addr="127.0.0.1" '
        '-ch.username="default" -ch.password="" -loglevel="debug" -sflow="false" -nfl="false" '
        '-metrics.addr="127.0.0.1:{metrics}" -nf.port="{port}" -nf.addr="127.0.0.1"')
    owner = goflow.Store(folder, "ipc://nobody", ch_table="unused").wait_until_ready()
    metrics, port = process.free_ports(), process.free_ports()
    words = shlex.split(line.format(metrics=metrics, port=port))
    words[0] = goflow.program("goflow")
    extra = [f"-ch.port={owner.sql_port}", "-tap.bind=", "-store.metrics.addr=127.0.0.1:0"]
    launcher = process.Process("goflow", [*words, *extra], folder)
    launcher.until(lambda: answers(metrics), READY_S, "/healthz")
    sent = goflow.replay(folder, "-synthetic=netflow9", "-count=50", f"-target=127.0.0.1:{port}")

    def rows():
        found = owner.query(
            "SELECT count() AS n FROM system.tables WHERE database='homestat' AND name='nflowVPN'")
        if int(found[0]["n"]) == 0:
            return 0
        return int(owner.query("SELECT count() AS n FROM homestat.nflowVPN")[0]["n"])

    case.wait_until_equal(rows, sent["flows"], ARRIVE_S, "rows in the original's database")
    launcher.stop()


def test_a_store_that_cannot_start_ends_it_with_child_flag_and_words(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for flag in ("-ch.serve", "-store.metrics.addr"):
            launcher = Launcher(folder, f"{flag}=127.0.0.1:{port}")
            case.true(launcher.wait(STOP_S) not in (0, 2), f"{flag}: the port is busy")
            said = f"flag={flag} address=127.0.0.1:{port} error=\"Address already in use\""
            case.true(said in launcher.stderr, f"{flag}: {launcher.stderr}")
            lines = [line for line in launcher.stderr.splitlines() if "giving up" in line]
            case.equal(len(lines), 1, f"{flag}: lines about it in {launcher.stderr}")
            case.true("program=goflow-store number=0 status=1" in lines[0], lines[0])


def test_nothing_of_it_stays_when_it_is_killed(folder):
    launcher = Launcher(folder).wait_until_ready()
    children = launcher.pids("goflow-ingest") + launcher.pids("goflow-store")
    store, = launcher.pids("goflow-store")
    command = pathlib.Path(f"/proc/{store}/cmdline").read_text()
    private, = set(re.findall(r"/tmp/goflow-\w+", command))
    case.true(os.path.isdir(private), f"{private} is there")
    launcher.replay("-synthetic=netflow5", "-count=100", "-seed=7")
    os.kill(launcher.child.pid, signal.SIGKILL)
    launcher.child.wait()
    case.wait_for(lambda: not any(map(is_alive, children)), CHILD_END_S, "the children's end")
    case.wait_for(lambda: not os.path.exists(private), CHILD_END_S, f"the end of {private}")


def is_alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    return False


def test_sighup_stops_it_only_when_its_terminal_has_closed(folder):
    terminal, stdin = os.openpty()
    launcher = Launcher(folder, stdin=stdin).wait_until_ready()
    launcher.send(signal.SIGHUP)
    launcher.until(lambda: "nothing to read again" in launcher.stderr, ARRIVE_S, "a line about it")
    os.close(stdin)
    os.close(terminal)
    launcher.send(signal.SIGHUP)
    case.equal(launcher.wait(STOP_S), 0, "status")


def test_sighup_reaches_the_ingest_and_every_store(folder):
    path = folder / "names"
    path.write_text("")
    launcher = Launcher(folder, f"-mapping={path}", stores=2).wait_until_ready()
    path.write_text("2636/137 Policy UInt16\n")
    launcher.send(signal.SIGHUP)

    def has_column():
        return goflow.query(launcher.sql_port, "SELECT 1 FROM system.columns "
                            "WHERE table = 'netflow' AND name = 'Policy'")

    def has_row():
        exports.send(launcher.nf_port, exports.elements(100, "xe-0/0/1"))
        rows = goflow.query(launcher.sql_port, "SELECT DISTINCT Policy, Extra FROM netflow")
        return {"Policy": 258, "Extra": {}} in rows

    launcher.until(has_column, ARRIVE_S, "the column")
    launcher.until(has_row, ARRIVE_S, "a row with the column")
    launcher.stop()


def test_a_refused_setting_is_one_line(folder):
    command = [goflow.program("goflow"), "-nf.addr=no-address", f"-ch.path={folder}/data"]
    done = process.run("refused", command, folder)
    case.equal(done.child.returncode, 2, "status")
    said = 'goflow-ingest: -nf.addr: "no-address" is not an IP address, '
    case.true(done.stderr.startswith(said) and done.stderr.count("\n") == 1, done.stderr)


def test_check_refuses_what_its_programs_refuse(folder):
    for words, said in (
            (["-nf.addr=no-address"], 'goflow-ingest: -nf.addr: "no-address" is not an IP address'),
            (["-ch.addr=127.0.0.1", "-ch.serve=:8123"], "goflow-store: -ch.serve: ")):
        done = process.run("check", [goflow.program("goflow"), "-check", *words], folder)
        case.equal(done.child.returncode, 2, f"status of {words}")
        case.equal(done.stdout, "", f"stdout of {words}")
        case.true(done.stderr.startswith(said), f"{words}: {done.stderr}")
    words = [
        "-nf.port=0", "-nfl.port=0", "-sflow.port=0", "-tap.bind=", "-metrics.addr=127.0.0.1:0",
        "-store.metrics.addr=127.0.0.1:0"]
    done = process.run("check", [goflow.program("goflow"), "-check", *words], folder)
    case.equal((done.child.returncode, done.stdout, done.stderr), (0, "ok\n", ""), "goflow -check")


def test_no_password_is_in_sight(folder):
    launcher = Launcher(folder, "-ch.password=hunter2", "-ch.username=someone").wait_until_ready()
    for pid in [launcher.child.pid, *launcher.pids("goflow-store"), *launcher.pids("goflow-ingest")]:
        for name in ("cmdline", "environ"):
            content = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            case.true(b"hunter2" not in content, f"the password is in /proc/{pid}/{name}")
    case.true("hunter2" not in launcher.stderr, "the password is in the log")
    launcher.stop()


if __name__ == "__main__":
    case.main(globals())
