#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- packets of every layer and tunnel, as tshark reads them.
"""Each is sampled whole by sFlow: what our header reader makes of it must be what tshark does."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import case  # noqa: E402
import conformance  # noqa: E402
import exports  # noqa: E402
import golden  # noqa: E402
import packets as p  # noqa: E402

ETHERNET, PPP, IPV4, IPV6, MPLS = 1, 7, 11, 12, 13  # sFlow's header_protocol
FRAME = p.ethernet(p.ETYPE_IPV4, p.inner())
INNER6 = p.ipv6(p.TCP, p.tcp(), ("2001:db8::10", "2001:db8::11"))

LAYERS = {
    "tcp_options": (IPV4, p.ipv4(p.TCP, p.tcp(bytes([1, 1, 1, 1])))),
    "sctp": (IPV4, p.ipv4(p.SCTP, p.sctp())),
    "icmp": (IPV4, p.ipv4(1, bytes.fromhex("0304f4fb00000000"))),
    "icmpv6": (IPV6, p.ipv6(58, bytes.fromhex("8000f4fb00000000"))),
    "qinq": (ETHERNET, p.ethernet(p.ETYPE_QINQ, p.tag(100, p.ETYPE_VLAN, p.tag(
        200, p.ETYPE_IPV4, p.inner())))),
    "mpls": (ETHERNET, p.ethernet(p.ETYPE_MPLS, p.labels([16001, 16002], INNER6))),
    "mpls_alone": (MPLS, p.labels([16001], p.inner())),
    "ppp": (PPP, bytes.fromhex("ff030021") + p.inner()),
    "pppoe": (ETHERNET, p.ethernet(
        p.ETYPE_PPPOE, bytes.fromhex("11000001002a0021") + p.inner())),
    "destination_options": (IPV6, p.ipv6(p.DESTINATION, p.extension(p.TCP, 16, p.tcp()))),
    "segment_routing": (IPV6, p.ipv6(p.ROUTING, p.segments(
        p.TCP, ["2001:db8::3", "2001:db8::4"], p.tcp()))),
    "authentication": (IPV4, p.ipv4(p.AUTHENTICATION, p.authentication(p.TCP, p.tcp()))),
    "authentication6": (IPV6, p.ipv6(p.AUTHENTICATION, p.authentication(p.TCP, p.tcp()))),
    "later_fragment": (IPV6, p.ipv6(p.FRAGMENT, p.fragment(p.TCP, 185, bytes(16)))),
}
TUNNELS = {
    "ipip": p.ipv4(p.IPIP, p.inner()),
    "6in4": p.ipv4(p.IPV6, INNER6),
    "gre": p.ipv4(p.GRE, p.gre(p.ETYPE_IPV4, p.inner(), key=4711, sequence=1)),
    "nvgre": p.ipv4(p.GRE, p.gre(p.ETYPE_BRIDGED, FRAME, key=5001 << 8 | 9)),
    "mpls_in_gre": p.ipv4(p.GRE, p.gre(p.ETYPE_MPLS, p.labels([16001, 16002], p.inner()))),
    "mpls_in_udp": p.ipv4(p.UDP, p.udp(6635, p.labels([16001, 16002], p.inner()))),
    "mpls_in_ip": p.ipv4(p.MPLS, p.labels([16001], INNER6)),
    "etherip": p.ipv4(p.ETHERIP, b"\x30\x00" + FRAME),
    "vxlan": p.ipv4(p.UDP, p.udp(4789, p.vxlan(5001, FRAME))),
    "geneve": p.ipv4(p.UDP, p.udp(6081, p.geneve(5002, bytes.fromhex("0101000100000000"), FRAME))),
    "gtp": p.ipv4(p.UDP, p.udp(2152, p.gtp(77, p.inner()))),
    "teredo": p.ipv4(p.UDP, p.udp(3544, INNER6)),
    "authenticated_tunnel": p.ipv4(p.AUTHENTICATION, p.authentication(p.IPIP, p.inner())),
    "gre_in_ipip": p.ipv4(p.IPIP, p.ipv4(
        p.GRE, p.gre(p.ETYPE_IPV4, p.inner(), key=4711), ("10.1.0.1", "10.1.0.2"))),
    "vxlan_in_gtp": p.ipv4(p.UDP, p.udp(2152, p.gtp(77, p.ipv4(
        p.UDP, p.udp(4789, p.vxlan(5001, FRAME)), ("10.1.0.1", "10.1.0.2"))))),
    "icmp_in_three_tunnels": p.ipv4(p.UDP, p.udp(4789, p.vxlan(5001, p.ethernet(
        p.ETYPE_IPV4, p.ipv4(p.GRE, p.gre(p.ETYPE_IPV6, p.ipv6(p.IPIP, p.ipv4(
            1, bytes.fromhex("0304f4fb00000000"), p.INNER)))))))),
    "l2tp": p.ipv4(p.UDP, p.udp(1701, bytes.fromhex("000200011267ff030021") + p.inner())),
}


def sampled(name, protocol, packet):
    def check(folder):
        datagram = exports.sflow_sample(512, exports.sflow_raw_header(protocol, packet))
        capture = folder / f"sampled_{name}.pcap"
        golden.write_capture(capture, [datagram], golden.SFLOW_PORT)
        case.equal(conformance.check(folder, capture), 1, "flows")

    return check


if __name__ == "__main__":
    case.main({
        **{f"test_{name}": sampled(name, *layers) for name, layers in LAYERS.items()},
        **{f"test_{name}": sampled(name, IPV4, packet) for name, packet in TUNNELS.items()},
    })
