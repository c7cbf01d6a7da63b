#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what running programs can still reach, with -confine and without.
"""
The kernel decides what it can do: without Landlock or seccomp the start line must say so. Cases
that need root (-user) say when they are not run by it.
"""
import contextlib
import ctypes
import errno
import os
import pathlib
import pwd
import re
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402

LANDLOCK_CREATE_RULESET = 444  # numbers of system calls, x86-64
TGKILL = 234
SECRET = "what nobody may read"
NOBODY = "nobody"


def landlock_version():
    """0: the kernel lacks it."""
    return max(0, ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1))


def has_landlock():
    if landlock_version() < 2:
        print("confine: this kernel has no Landlock: reached is everything", file=sys.stderr)
    return landlock_version() >= 2


def has_ports():
    return landlock_version() >= 4


def expected_words(mode):
    if mode == "off":
        return "landlock=off seccomp=off"
    version = landlock_version()
    files = "unsupported" if version < 2 else "files" if version < 4 else "files,tcp"
    return f"landlock={files} seccomp=on"


def status(pid, thread, key):
    with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as file:
        return re.search(rf"^{key}:\s+(.*)$", file.read(), re.M)[1]


def of_threads(pid, key):
    """The values that a line of `status` has in the threads of a process."""
    values = set()
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError):  # it has ended
            values.add(status(pid, thread, key))
    return values


def each_mode(check):
    def test(folder):
        for mode in ("off", "auto"):
            (folder / mode).mkdir()
            check(folder / mode, mode)

    return test


def check_start_line_and_threads(folder, mode):
    line = goflow.Line(folder, {"confine": mode}, {"confine": mode})
    user = pwd.getpwuid(os.geteuid()).pw_name
    for daemon in (line.ingest, line.store):
        start = [text for text in daemon.stderr.splitlines() if ": started " in text][0]
        case.true(
            f" user={user} {expected_words(mode)}" in start, f"{daemon.name}, {mode}: {start}")
        wanted = {"Seccomp": {"2"}, "NoNewPrivs": {"1"}} if mode == "auto" else {"Seccomp": {"0"}}
        for key, values in wanted.items():
            case.equal(of_threads(daemon.child.pid, key), values, f"{daemon.name}, {mode}: {key}")
        if mode == "auto":
            more = [text for text in of_threads(daemon.child.pid, "CapEff") if int(text, 16) & 1 << 21]
            case.equal(more, [], f"{daemon.name}: threads with CAP_SYS_ADMIN")
    line.stop()


test_the_start_line_says_how_and_each_thread_is_confined = each_mode(check_start_line_and_threads)


def test_what_the_kernel_lacks_is_said_and_the_rest_is_done(folder):
    script = case.ROOT / "tests" / "support" / "old_kernel.py"
    for lacking in ("landlock", "seccomp"):
        place = goflow.Place([sys.executable, script, lacking])
        ingest = goflow.Ingest(
            folder, name=lacking, place=place, stop_timeout="0").wait_until_ready()
        start = [text for text in ingest.stderr.splitlines() if ": started " in text][0]
        has = dict(pair.split("=") for pair in expected_words("auto").split())
        for what, word in {**has, lacking: "unsupported"}.items():
            case.true(f" {what}={word}" in start, f"without {lacking}: {start}")
        ingest.replay("-synthetic=netflow5", "-count=1")
        ingest.stop(status=goflow.LOST)


def ask_from_inside(daemon, folder, questions):
    """Each thread that takes signals asks the kernel (preload/reach_probe.c): {question: errnos}."""
    pid = daemon.child.pid
    answers = folder / "questions.answers"
    threads = [
        int(thread) for thread in os.listdir(f"/proc/{pid}/task")
        if not int(status(pid, thread, "SigBlk"), 16) & 1 << signal.SIGUSR1 - 1]
    for number, thread in enumerate(threads, 1):
        case.equal(ctypes.CDLL(None).syscall(TGKILL, pid, thread, signal.SIGUSR1), 0, "tgkill")
        case.wait_for(
            lambda asked=number: len(answers.read_text().splitlines()) == asked, 30,
            f"{daemon.name}: no answer of thread {thread}")
    columns = zip(*(line.split() for line in answers.read_text().splitlines()), strict=True)
    return dict(zip(questions, ({int(text) for text in column} for column in columns), strict=True))


def probed(folder, questions):
    """Words before a command line, so that it is asked from inside."""
    (folder / "questions").write_text("".join(f"{question}\n" for question in questions))
    library = case.Settings.bin.parent / "tests" / "reach_probe.so"
    return goflow.Place(["env", f"LD_PRELOAD={library}", f"REACH_PROBE={folder}/questions"])


def check_reach(folder, mode):
    """Files of its own, files of others by path, by link and by way of its own folder; ports; programs."""
    outside = folder / "outside"
    outside.mkdir()
    (outside / "secret").write_text(SECRET)
    listener = socket.create_server(("127.0.0.1", 0))
    for name in ("ingest", "store"):
        own = folder / name / "own"
        own.mkdir(parents=True)
        (own / "inside").write_text(SECRET)
        (own / "link").symlink_to(outside / "secret")
        inside = [f"read {own}/inside", f"write {own}/new", "read /proc/self/statm", "write /dev/null"]
        beyond = [
            f"read {outside}/secret", f"read {own}/link", f"read {own}/../../outside/secret",
            f"write {outside}/{name}", "read /etc/shadow", "read /etc/passwd", "read /proc/1/cmdline",
            "run /bin/true"]
        ports = [f"connect {listener.getsockname()[1]}"]
        questions = inside + beyond + ports
        place = probed(folder / name, questions)
        daemon = (
            goflow.Ingest(folder / name, place=place, confine=mode, spool_dir=own) if name == "ingest"
            else goflow.Store(folder / name, f"ipc://{folder}/link", place=place, confine=mode,
                              ch_path=own))
        found = ask_from_inside(daemon.wait_until_ready(), folder / name, questions)
        check_answers(f"{name}, {mode}", found, mode, inside, beyond, ports)
        daemon.stop()


def check_answers(what, found, mode, inside, beyond, ports):
    for question in inside:
        case.equal(found[question], {0}, f"{what}: {question}")
    if mode == "off":
        refused = set()
    else:
        refused = {*(beyond if has_landlock() else beyond[-1:]), *(ports if has_ports() else [])}
    for question in [*beyond, *ports]:
        wanted = {errno.EPERM if "run" in question else errno.EACCES} if question in refused else {0}
        case.equal(found[question], wanted, f"{what}: {question}")


test_nothing_outside_is_reached_from_inside_where_it_is_confined = each_mode(check_reach)


def check_files_of_its_own(folder, mode):
    """Everything that a program reads and writes while it runs, with files replaced by others."""
    for name in ("mapping", "sampling"):
        (folder / name).mkdir()
    mapping = folder / "mapping" / "columns"
    sampling = folder / "sampling" / "rates"
    mapping.write_text("0/82 InterfaceName String\n")
    sampling.write_text("127.0.0.1 10 override\n")
    line = goflow.Line(
        folder,
        {"confine": mode, "spool_dir": folder / "spool", "templates_file": folder / "state.templates",
         "mapping": mapping, "sampling_map": sampling, "ingest_state": folder / "state"},
        {"confine": mode, "mapping": mapping, "deadletter_dir": folder / "dead"})
    sent = line.ingest.replay("-synthetic=netflow9", "-count=20")["flows"]
    line.wait_for_rows(sent)
    rates = line.store.query("SELECT DISTINCT SamplingRate AS r FROM netflow")
    case.equal([row["r"] for row in rates], [10], f"{mode}: sampling rate of the first file")
    for path, text in ((mapping, "0/83 InterfaceText String\n"), (sampling, "127.0.0.1 20 override\n")):
        new = path.with_suffix(".new")
        new.write_text(text)
        new.rename(path)
    for daemon in (line.ingest, line.store):
        daemon.send(signal.SIGHUP)
    case.wait_for(lambda: has_rate(line, 20), 30, f"{mode}: the new file of rates is not in force")
    case.wait_for(lambda: has_column(line, "InterfaceText"), 30, f"{mode}: no column of the new mapping")
    line.stop()
    case.true((folder / "state.templates").exists(), f"{mode}: no file of templates")
    for daemon in (line.ingest, line.store):
        warnings = [text for text in daemon.stderr.splitlines() if "denied" in text]
        case.equal(warnings, [], f"{daemon.name}, {mode}")


def has_rate(line, rate):
    line.ingest.replay("-synthetic=netflow5", "-count=1")
    time.sleep(0.5)
    return line.store.value("count()", f"SamplingRate = {rate}") > 0


def has_column(line, name):
    return line.store.query(
        f"SELECT count() AS n FROM system.columns WHERE table = 'netflow' AND name = '{name}'"
    )[0]["n"] == 1


test_what_a_program_reads_and_writes_while_it_runs_goes_on_working = each_mode(check_files_of_its_own)


def check_names(folder, mode):
    """libzmq looks names up in threads of its own, and again for each connection."""
    port = process.free_ports(2)
    endpoint = f"tcp://localhost:{port}"
    ingest = goflow.Ingest(
        folder, zmq_bind=f"tcp://127.0.0.1:{port}", confine=mode).wait_until_ready()
    store = goflow.Store(folder, endpoint, confine=mode).wait_until_ready()
    sent = ingest.replay("-synthetic=netflow5", "-count=10")["flows"]
    case.wait_until_equal(store.rows, sent, 60, f"{mode}: rows")
    ingest.stop()
    store.stop()


test_peers_are_found_by_name_and_by_port = each_mode(check_names)


def check_core(folder, mode):
    """A core of a crash would have passwords and keys in it."""
    shell = ["bash", "-c", 'ulimit -c unlimited; exec "$@"', "bash"]
    ingest = goflow.Ingest(folder, place=goflow.Place(shell), confine=mode).wait_until_ready()
    ingest.send(signal.SIGSEGV)
    _, ended = os.waitpid(ingest.child.pid, 0)
    ingest.child.returncode = -signal.SIGSEGV
    case.equal(os.WTERMSIG(ended), signal.SIGSEGV, "it ended by the signal")
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        leaves_cores = not file.read().startswith(("|", "/dev/null"))
    if mode == "auto":
        case.true(not os.WCOREDUMP(ended), "a confined program leaves a core")
    elif leaves_cores:
        case.true(os.WCOREDUMP(ended), "-confine=off leaves no core: nothing was tested")


test_a_crash_leaves_no_core = each_mode(check_core)


def is_root():
    if os.geteuid() != 0:
        print("confine: not root, so -user is not tested", file=sys.stderr)
    return os.geteuid() == 0


def privileged_port():
    """A free one below 1024."""
    for port in range(600, 1023):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port below 1024")


def is_nobody(pid, what):
    entry = pwd.getpwnam(NOBODY)
    for key, number in (("Uid", entry.pw_uid), ("Gid", entry.pw_gid)):
        case.equal(of_threads(pid, key), {"\t".join([str(number)] * 4)}, f"{what}: {key} of its threads")
    for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        case.equal({int(text, 16) for text in of_threads(pid, key)}, {0}, f"{what}: {key}")


def test_the_start_line_names_a_user_that_only_etc_passwd_knows(folder):
    """libnss_systemd knows root and nobody by itself; other names are read before the confinement."""
    if not is_root():
        return
    os.chmod(folder, 0o755)
    name = next(user.pw_name for user in pwd.getpwall() if user.pw_uid not in (0, 65534))
    ingest = goflow.Ingest(folder, user=name, transport="none", tap_bind="").wait_until_ready()
    case.true(f" user={name} landlock=" in ingest.stderr, f"the start line: {ingest.stderr}")
    ingest.stop()


def check_user(folder, mode):
    if not is_root():
        return
    os.chmod(folder.parent, 0o755)  # each_mode() makes a folder in the case's own
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, pwd.getpwnam(NOBODY).pw_uid, pwd.getpwnam(NOBODY).pw_gid)
    port = privileged_port()
    ingest = goflow.Ingest(
        home, nf_port=port, user=NOBODY, confine=mode, spool_dir=home / "spool",
        udp_rcvbuf="16MiB").wait_until_ready()
    store = goflow.Store(
        home, ingest.endpoint, user=NOBODY, confine=mode, ch_lib=engine()).wait_until_ready()
    sent = goflow.replay(
        home, "-synthetic=ipfix", "-count=20", f"-target=127.0.0.1:{port}")["flows"]
    case.wait_until_equal(store.rows, sent, 60, f"{mode}: rows")
    if mode == "auto":
        for daemon in (ingest, store):
            is_nobody(daemon.child.pid, daemon.name)
    case.true("smaller than -udp.rcvbuf" not in ingest.stderr, "the buffer was enlarged before")
    case.equal((home / "spool").stat().st_uid, pwd.getpwnam(NOBODY).pw_uid, "owner of the spool")
    ingest.stop()
    store.stop()


test_root_s_rights_end_with_the_binding_of_ports = each_mode(check_user)


def engine():
    """The engine, where every user can read it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    library = (cache / "goflow" / "libchdb.so").resolve()
    public = pathlib.Path(f"/tmp/goflow-test-engine-{os.getpid()}.so")
    if not public.exists():
        public.touch()
        process_check_mount(library, public)
    return public


def process_check_mount(library, public):
    """A second name, without a second copy of half a gigabyte."""
    public.unlink()
    try:
        os.link(library, public)
    except OSError:
        public.write_bytes(library.read_bytes())
    case.at_case_end.append(lambda: public.unlink(missing_ok=True))


def test_the_launcher_leaves_no_root_behind(folder):
    if not is_root():
        return
    os.chmod(folder, 0o755)
    home = folder / "home"
    home.mkdir()
    entry = pwd.getpwnam(NOBODY)
    os.chown(home, entry.pw_uid, entry.pw_gid)
    port = privileged_port()
    metrics = process.free_ports(2)
    launcher = process.Process("goflow", [
        goflow.program("goflow"), f"-user={NOBODY}", f"-nf.port={port}", "-nfl=false", "-sflow=false",
        f"-ch.path={home}/data", f"-ch.lib={engine()}", f"-metrics.addr=127.0.0.1:{metrics}",
        f"-store.metrics.addr=127.0.0.1:{metrics + 1}", "-tap.bind=", "-loglevel=info"], folder)
    launcher.until(lambda: goflow.document(metrics, "/healthz"), goflow.READY_S, "the ingest answers")
    launcher.until(lambda: goflow.document(metrics + 1, "/healthz"), goflow.READY_S, "the store answers")
    ingest = int(re.findall(r"goflow-ingest number=0 pid=(\d+)", launcher.stderr)[-1])
    os.kill(ingest, signal.SIGKILL)
    launcher.until(
        lambda: launcher.stderr.count("program=goflow-ingest number=0 pid=") == 2, 30, "a second ingest")
    launcher.until(
        lambda: launcher.stderr.count("ingest: started") == 2, 30, "the second ingest binds the low port")
    for pid in re.findall(r"number=0 pid=(\d+)", launcher.stderr)[-2:]:
        if pathlib.Path(f"/proc/{pid}").exists():
            is_nobody(pid, pid)
    case.equal(of_threads(launcher.child.pid, "Uid"), {"\t".join([str(entry.pw_uid)] * 4)}, "launcher")
    launcher.stop()


def test_a_user_that_there_is_not_is_refused(folder):
    for name in ("goflow-ingest", "goflow-store"):
        done = process.run(name, [goflow.program(name), "-user=there-is-none", "-check"], folder)
        case.equal(done.child.returncode, 2, f"{name}: status")
        for text in ("-user", "there-is-none", "useradd"):
            case.true(text in done.stderr, f"{name}: says {done.stderr!r}, without {text!r}")


if __name__ == "__main__":
    case.main(globals())
