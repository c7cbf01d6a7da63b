#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what an operator sees at the default log level.
import pathlib
import re
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import process  # noqa: E402
import router  # noqa: E402


REPORT_S = 60


def lines(process_, text):
    """The lines of its log that contain the text."""
    return [line for line in process_.stderr.splitlines() if text in line]


def one_line(process_, text):
    found = lines(process_, text)
    case.equal(len(found), 1, f"{process_.name}: lines with {text!r} in {process_.stderr!r}")
    return found[0]


def check_start(process_, *parts):
    process_.until(lambda: lines(process_, ": started "), goflow.READY_S, "its start line")
    line = one_line(process_, ": started ")
    version = process.check("version", [process_.command[0], "-v"], process_.folder).stdout
    for part in (f"version={version.split()[1]} ", " notice ", *parts):
        case.true(part in line, f"{process_.name}: {line!r} lacks {part!r}")
    return line


def test_each_program_says_once_that_it_started(folder):
    ingest = goflow.Ingest(folder, spool_dir=folder / "spool", ingest_id=77).wait_until_ready()
    check_start(
        ingest, " id=77 ", f" udp=127.0.0.1:{ingest.port} ", f" stores_connect_to={ingest.endpoint} ",
        f" tap={ingest.tap} ", f" spool={folder}/spool ", f"http=127.0.0.1:{ingest.metrics_port}")
    store = goflow.Store(folder, ingest.endpoint)
    store.folder = folder
    line = check_start(
        store.wait_until_ready(), f" connects_to={ingest.endpoint} ", " database=embedded ",
        f" path={folder}/store-data ", " table=default.netflow ", f" serves=127.0.0.1:{store.sql_port} ")
    case.true(re.search(r" id=\d+ ", line), f"no id: {line}")


def test_a_quieter_level_has_no_start_line(folder):
    ingest = goflow.Ingest(folder, loglevel="error").wait_until_ready()
    ingest.stop()
    case.equal(lines(ingest, "started"), [], "start lines at -loglevel=error")


def test_all_descriptors_that_the_system_allows_are_used(folder):
    prefix = ["prlimit", "--nofile=64:4096"]
    ingest = goflow.Ingest(folder, place=goflow.Place(prefix)).wait_until_ready()
    limits = pathlib.Path(f"/proc/{ingest.child.pid}/limits").read_text()
    soft = re.search(r"Max open files\s+(\d+)", limits)[1]
    case.equal(soft, "4096", "the soft limit of descriptors")


def readiness(daemon):
    """(status, text) of /readyz."""
    try:
        with urllib.request.urlopen(
                f"http://127.0.0.1:{daemon.metrics_port}/readyz", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_dropped_flows_are_logged_once_and_shown_in_healthz(folder):
    ingest = goflow.Ingest(folder, window_bytes="1MiB").wait_until_ready()
    case.equal(ingest.get("/healthz"), "ok\n", "/healthz before anything was dropped")
    sent = ingest.replay("-synthetic=netflow5", "-count=2000", "-seed=1")["flows"]

    def dropped():
        return ingest.metrics().sum("goflow_link_flows_dropped_total", reason="window")

    case.wait_for(lambda: dropped() > sent / 2, REPORT_S, "drops")
    ingest.until(lambda: lines(ingest, "reason=window"), REPORT_S, "a line about drops")
    line = one_line(ingest, "ingest: dropped ")
    case.true(re.search(r" warning ingest: dropped flows=\d+ reason=window cause=", line), line)
    health = case.wait_for(
        lambda: re.search(r"^ok\ndropped (\d+) flows, reason window: ", ingest.get("/healthz")),
        REPORT_S, "the reason in /healthz")
    case.true(0 < int(health[1]) <= dropped(), f"/healthz has {health[1]}, dropped {dropped()}")


def wait_for_readiness(daemon, status, *texts):
    found = case.wait_for(
        lambda: (now := readiness(daemon))[0] == status and now, REPORT_S, f"/readyz with {status}")
    for text in texts:
        case.true(text in found[1], f"{daemon.name}: /readyz says {found[1]!r}, without {text!r}")


def test_a_store_is_not_ready_while_its_database_or_its_ingest_is_away(folder):
    port = process.free_ports()
    store = goflow.Store(folder, f"ipc://{folder}/link.ipc", ch_addr=f"127.0.0.1:{port}")
    wait_for_readiness(
        store.wait_until_ready(), 503, "the database takes nothing", "no ingest is connected")
    case.equal(store.get("/healthz"), "ok\n", "/healthz while the database is away")


def test_a_store_is_ready_again_when_its_database_is_there(folder):
    port = process.free_ports()
    ingest = goflow.Ingest(folder).wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint, ch_addr=f"127.0.0.1:{port}").wait_until_ready()
    sent = ingest.replay("-synthetic=netflow5", "-count=10", "-seed=1")["flows"]
    wait_for_readiness(store, 503, "the database takes nothing")
    store.until(lambda: lines(store, "the database takes no data"), REPORT_S, "the line about it")
    goflow.Store(
        folder, f"ipc://{folder}/none.ipc", name="database", ch_path=folder / "data",
        ch_serve=f"127.0.0.1:{port}", ch_addr="embedded")
    wait_for_readiness(store, 200, "ready")
    line = one_line(store, "the database takes data again")
    case.true(re.search(r" notice write: .* after_s=\d+ blocks=\d+ rows=\d+$", line), line)
    case.wait_until_equal(
        lambda: store.metrics().sum("goflow_write_rows_stored_total") >= sent, True, REPORT_S, "rows")


def test_an_ingest_alone_is_not_ready_until_a_store_comes_and_after_it_goes(folder):
    lonely = goflow.Ingest(folder, name="lonely").wait_until_ready()
    ingest = goflow.Ingest(folder, stop_timeout="100ms").wait_until_ready()
    wait_for_readiness(ingest, 503, "no store is connected: 0 batches")
    sent = ingest.replay("-synthetic=netflow5", "-count=10", "-seed=1")["flows"]
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_waiting"), sent, REPORT_S, "flows that wait")
    wait_for_readiness(ingest, 503, f"with {sent} flows wait", "-zmq.connect")
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    wait_for_readiness(ingest, 200, "ready")
    wait_for_readiness(store, 200, "ready")
    store_id = re.search(r" id=(\d+) ", one_line(store, ": started "))[1]
    line = one_line(ingest, "a peer is connected")
    for part in (f" notice link: ", f" store={store_id} ", " no_peer_for_s=", f" waiting_flows={sent}"):
        case.true(part in line, f"{line!r} lacks {part!r}")
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_flows_waiting"), 0, REPORT_S, "flows that wait")
    store.stop()
    wait_for_readiness(ingest, 503, "no store is connected")
    line = one_line(ingest, "a peer is gone")
    for part in (" notice link: ", f" store={store_id} ", " peers_left=0 "):
        case.true(part in line, f"{line!r} lacks {part!r}")
    lonely.until(lambda: lines(lonely, "no peer has connected yet"), REPORT_S, "a line about that")
    case.true(" waiting_for=store " in one_line(lonely, "no peer has connected yet"), lonely.stderr)
    case.equal(lines(ingest, "no peer has connected yet"), [], "lines of the one that had a peer")


def test_a_store_says_how_long_its_ingest_was_away(folder):
    settings = {"ingest_id": 77, "ingest_state": folder / "state"}
    ingest = goflow.Ingest(folder, **settings).wait_until_ready()
    store = goflow.Store(folder, ingest.endpoint).wait_until_ready()
    wait_for_readiness(store, 200, "ready")
    ingest.stop()
    wait_for_readiness(store, 503, "no ingest is connected")
    store.until(lambda: lines(store, "a peer is gone"), REPORT_S, "the line")
    case.true(" ingest=77 " in one_line(store, "a peer is gone"), store.stderr)
    goflow.Ingest(folder, **settings).wait_until_ready()
    store.until(lambda: len(lines(store, "a peer is connected")) == 2, REPORT_S, "it is back")
    back = lines(store, "a peer is connected")[1]
    case.true(re.search(r" ingest=77 epoch=\d+ away_s=\d+ waiting_batches=0 ", back), back)
    wait_for_readiness(store, 200, "ready")


def test_a_stop_that_loses_only_rows_beside_flows_says_that_no_flow_is_lost(folder):
    ingest = goflow.Ingest(folder).wait_until_ready()
    router.send(ingest.port, *(router.sflow(i, router.interface_counters(i, 1)) for i in range(1, 6)))
    case.wait_until_equal(
        lambda: ingest.metrics().sum("goflow_link_records_waiting"), 5, REPORT_S, "rows that wait")
    ingest.stop()
    case.equal(lines(ingest, " error "), [], "errors")
    line = one_line(ingest, "no flow is lost")
    case.true(re.search(r" notice publish: .* batches=\d+ flows=0 other_rows=[5-9]$", line), line)


if __name__ == "__main__":
    case.main(globals())
