# SPDX-License-Identifier: BSD-3-Clause -- captures as tshark dissects them.
"""
    for packet in tshark.packets(folder, capture):
        packet.export       the cflow or sflow dissection, an XML element
        packet.source       exporter: UDP source address
        packet.time_s       of the capture
        packet.behind       protocols that tshark shows behind the export: what a tunnel over UDP in
                            a sampled packet carries

A fact of the wire that tshark told is a field with a name, `show` (text) and `value` (bytes in
hexadecimal, without its mask where it is part of a byte).
"""
import collections
import re
import xml.etree.ElementTree

import process

Packet = collections.namedtuple("Packet", "export source time_s behind")


def packets(folder, capture):
    """The packets that tshark takes for NetFlow or IPFIX (port 2055) or sFlow (6343)."""
    done = process.check(
        f"tshark-{capture.stem}",
        ["tshark", "-n", "-r", capture, "-d", "udp.port==2055,cflow", "-d",
         "udp.port==6343,sflow", "-T", "pdml"], folder)
    found = []
    for packet in xml.etree.ElementTree.fromstring(done.stdout).iter("packet"):
        in_order = packet.findall("proto")
        protos = {proto.get("name"): proto for proto in reversed(in_order)}
        found += [
            Packet(protos[name], source(protos), captured_s(packet),
                   in_order[in_order.index(protos[name]) + 1:])
            for name in ("cflow", "sflow") if name in protos
        ]
    return found


def source(protos):
    """The sender of the datagram; of the headers of sampled packets none is meant."""
    ip = protos.get("ip", protos.get("ipv6"))
    return text(ip, "ip.src") or text(ip, "ipv6.src")


def captured_s(packet):
    return int(float(text(packet, "timestamp", "value")))


def text(element, name, attribute="show"):
    """Of the first field of that name, or None."""
    for field in element.iter("field"):
        if field.get("name") == name:
            return field.get(attribute)
    return None


def own(element, name):
    """`show` of the element's own field of that name, not of one further in, or None."""
    return next((field.get("show") for field in element.findall("field")
                 if field.get("name") == name), None)


def texts(element, name):
    """Of all fields of that name."""
    return [field.get("show") for field in element.iter("field") if field.get("name") == name]


def number(show):
    """12, 0x0c and 00:0c as numbers, text as text."""
    if re.fullmatch(r"0x[0-9a-f]+", show):
        return int(show, 16)
    if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2})+", show):
        return int(show.replace(":", ""), 16)
    return int(show) if re.fullmatch(r"\d+", show) else show
