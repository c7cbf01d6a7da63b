# SPDX-License-Identifier: BSD-3-Clause -- a capture whose datagrams arrive when they are exported.
"""
    stamped_capture.write(capture, path)

Recordings have lost their times of reception, or have made-up ones. A collector takes an exporter
whose clock is years off for wrong, so comparing what it reads needs plausible ones. All packets move
by as much as the first export does.
"""
import struct

ETHERNET, ETYPE_IPV4, UDP = 1, 0x0800, 17
# Version: where the header has its export time, in seconds.
EXPORT_TIME_AT = {5: 8, 9: 8, 10: 4}


def export_time(frame):
    """Seconds since 1970 as the header has them, or None: not Ethernet, IPv4 and a known version."""
    if len(frame) < 42 or struct.unpack_from(">H", frame, 12)[0] != ETYPE_IPV4 or frame[23] != UDP:
        return None
    payload = frame[14 + 4 * (frame[14] & 15) + 8:]
    if len(payload) < 12:
        return None
    at = EXPORT_TIME_AT.get(struct.unpack_from(">H", payload)[0])
    return None if at is None else struct.unpack_from(">I", payload, at)[0]


def write(capture, path):
    content = capture.read_bytes()
    order = "<" if content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    is_pcap = content[:4] in (
        b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d")
    if not is_pcap or struct.unpack_from(order + "I", content, 20)[0] & 0xFFFF != ETHERNET:
        path.write_bytes(content)
        return
    stamped, at, shift = bytearray(content), 24, None
    while at + 16 <= len(content):
        seconds, _, size = struct.unpack_from(order + "III", content, at)
        exported = export_time(content[at + 16:at + 16 + size])
        if shift is None and exported is not None:
            shift = exported - seconds
        struct.pack_into(order + "I", stamped, at, seconds + (shift or 0))
        at += 16 + size
    path.write_bytes(stamped)
