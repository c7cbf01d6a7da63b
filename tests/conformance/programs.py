#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what other people's exporters send now, as tshark reads it.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import exporter_programs  # noqa: E402
import golden  # noqa: E402
import process  # noqa: E402
import traffic  # noqa: E402
import udp_recorder  # noqa: E402


def exported(folder, name, export, shown_port=golden.NETFLOW_PORT, with_v6=True):
    """A capture of what `export` sends of ordinary traffic."""
    frames = folder / "traffic.pcap"
    traffic.write_pcap(frames, traffic.packets(traffic.sessions(5, with_v6=with_v6), 5))
    port = process.free_ports()
    recorder = udp_recorder.Recorder(folder, name, port, shown_port)
    export(folder, frames, port)
    return recorder.finish()


def check(folder, *arguments, **settings):
    flows = conformance.check(folder, exported(folder, *arguments, **settings))
    case.true(flows > 0, "no flows")


def softflowd(version):
    return lambda *where: exporter_programs.softflowd(*where, version)


def nfprobe(version):
    return lambda *where: exporter_programs.nfprobe(*where, version)


def test_softflowd_netflow5(folder):
    check(folder, "softflowd-5", softflowd(5), with_v6=False)


def test_softflowd_netflow9(folder):
    check(folder, "softflowd-9", softflowd(9))


def test_softflowd_ipfix(folder):
    check(folder, "softflowd-10", softflowd(10))


def test_nfprobe_netflow5(folder):
    check(folder, "nfprobe-5", nfprobe(5), with_v6=False)


def test_nfprobe_netflow9(folder):
    check(folder, "nfprobe-9", nfprobe(9))


def test_nfprobe_ipfix(folder):
    check(folder, "nfprobe-10", nfprobe(10))


def test_fprobe_netflow5(folder):
    check(folder, "fprobe-5", exporter_programs.fprobe, with_v6=False)


def test_sfprobe_sflow(folder):
    check(folder, "sfprobe", exporter_programs.sfprobe, shown_port=golden.SFLOW_PORT)


if __name__ == "__main__":
    case.main(globals())
