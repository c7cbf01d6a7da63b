#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- what Open vSwitch exports, as tshark reads it.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import golden  # noqa: E402
import openvswitch  # noqa: E402
import udp_recorder  # noqa: E402


def check(folder, name, port, *exporter):
    """The switch and the recorder share a namespace of the test's own, so the ports are free."""
    switch = openvswitch.Switch(folder)
    recorder = udp_recorder.Recorder(folder, name, port, port, switch.inside)
    table, column, *settings = exporter
    switch.export(table, column, port, *settings)
    switch.talk()
    capture = recorder.finish(at_least=2)
    flows = conformance.read(folder, capture)
    case.true(any("10.9.0.2" == flow.get("DstAddr") for flow in flows), "no flow of what was sent")
    conformance.check(folder, capture)


def test_sflow(folder):
    check(folder, "ovs-sflow", golden.SFLOW_PORT, "sFlow", "sflow", "sampling=1", "header=128",
          "polling=0", "agent=lo")


def test_netflow5(folder):
    check(folder, "ovs-netflow5", golden.NETFLOW_PORT, "NetFlow", "netflow", "active-timeout=1")


def test_ipfix(folder):
    check(folder, "ovs-ipfix", golden.NETFLOW_PORT, "IPFIX", "ipfix", "sampling=1",
          "obs_domain_id=123", "obs_point_id=456", "cache_active_timeout=1")


if __name__ == "__main__":
    case.main(globals())
