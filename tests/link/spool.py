#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- a dead link at full rate, and disks that take nothing.
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import goflow  # noqa: E402
import numbered  # noqa: E402

LEASE = "1s"
ROOMY_LEASE = "20s"  # millions of rows on a busy machine: no block may come after its lease
WINDOW = "4MiB"
RECORD_MAGIC = b"GFRB"
RECORD_HEADER = 48


def start_ingest(folder, **settings):
    return goflow.Ingest(
        folder, **{"ack_timeout": LEASE, "spool_dir": folder / "spool", **settings}
    ).wait_until_ready()


def start_store(folder, ingest):
    return goflow.Store(folder, ingest.endpoint).wait_until_ready()


def mount_tmpfs(folder, size):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "goflow", folder], check=True)
    case.at_case_end.append(lambda: subprocess.run(["umount", "-l", folder], check=False))


def is_writable(ingest):
    return ingest.metrics().sum("goflow_spool_is_writable")


def test_udp_reception_under_a_dead_link_at_full_rate(folder):
    """Nobody takes batches: the socket still loses nothing, and all of it arrives later."""
    ingest = start_ingest(
        folder, window_bytes=WINDOW, spool_bytes="2GiB", ack_timeout=ROOMY_LEASE)
    sent = ingest.replay("-synthetic=netflow5", "-pps=20000", "-duration=4s", "-unique=1")["flows"]
    case.wait_until_equal(lambda: numbered.accepted(ingest), sent, 60, "flows accepted")
    page = ingest.metrics()
    case.equal(page.sum("goflow_receive_kernel_drops_total"), 0, "dropped by the kernel")
    case.equal(page.sum("goflow_link_flows_waiting"), sent, "flows waiting")
    case.true(page.sum("goflow_link_window_bytes") <= 4 << 20, "the window outgrew its limit")
    store = start_store(folder, ingest)
    case.wait_until_equal(store.rows, sent, 300, "rows")
    case.equal(store.value("uniqExact(Bytes)"), sent, "different flows")
    case.equal(store.value("max(Bytes)"), sent, "number of the last flow")
    numbered.check_counters(ingest)


def test_a_full_disk(folder):
    mount_tmpfs(folder / "spool", "2m")
    ingest = start_ingest(folder, spool_bytes="1GiB", batch_flows=500)
    flows = numbered.Flows(folder)
    flows.send(ingest, count=1500, pps=4000)
    case.wait_until_equal(lambda: is_writable(ingest), 0, 20, "spool_is_writable on a full disk")
    case.true(ingest.metrics().sum("goflow_spool_errors_total") > 0, "no error was counted")
    store = start_store(folder, ingest)
    flows.check(store.query)
    flows.send(ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)
    case.wait_until_equal(lambda: is_writable(ingest), 1, 20, "spool_is_writable with room again")


def test_a_disk_that_others_fill(folder):
    spool = folder / "spool"
    mount_tmpfs(spool, "64m")
    ingest = start_ingest(folder, batch_flows=500)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    filler = spool / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        except OSError:
            pass
    flows.send(ingest, count=1000)
    case.wait_until_equal(lambda: is_writable(ingest), 0, 20, "spool_is_writable")
    store = start_store(folder, ingest)
    flows.check(store.query)
    filler.unlink()
    flows.send(ingest)
    flows.check(store.query)
    numbered.check_counters(ingest)


def test_a_read_only_folder_is_said_at_the_start(folder):
    mount_tmpfs(folder / "spool", "4m")
    subprocess.run(["mount", "-o", "remount,ro", folder / "spool"], check=True)
    ingest = goflow.Ingest(folder, spool_dir=folder / "spool")
    case.true(ingest.wait() != 0, "it starts without the spool it was told to have")
    case.true("spool" in ingest.stderr, f"does not say why: {ingest.failure()}")


def test_a_damaged_record_costs_its_batch_alone(folder):
    ingest = start_ingest(folder, batch_flows=500)
    flows = numbered.Flows(folder)
    flows.send(ingest)
    ingest.kill()
    [segment] = (folder / "spool").glob("*.spool")
    content = bytearray(segment.read_bytes())
    second = content.index(RECORD_MAGIC, content.index(RECORD_MAGIC) + 1)
    content[second + RECORD_HEADER] ^= 0x10
    segment.write_bytes(content)
    ingest = start_ingest(folder, batch_flows=500)
    store = start_store(folder, ingest)
    numbered.check_counters(ingest)
    flows.check(store.query, certain=0)
    case.equal(ingest.metrics().sum("goflow_spool_damaged_total"), 1, "damaged records")
    lost = flows.count - store.rows()
    case.true(0 < lost < 2 * 500, f"{lost} flows are lost")


if __name__ == "__main__":
    case.main(globals())
