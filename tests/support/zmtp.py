# SPDX-License-Identifier: BSD-3-Clause -- peers that speak ZMTP 3.0 by hand (ZeroMQ RFC 23).
"""
    peer = zmtp.Stranger("ipc:///path", b"DEALER")
    peer.say(b"one frame")
    peer.say(zmtp.field(1, 7) + zmtp.fixed(3, 9))       a protobuf message
"""
import socket

import case

MORE = 1  # a flag of a frame: the message goes on

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


class Stranger:
    """A connection that has said READY."""

    def __init__(self, endpoint, kind):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(endpoint.removeprefix("ipc://"))
        self.socket.settimeout(30)
        self.socket.sendall(GREETING)
        self.socket.recv(len(GREETING), socket.MSG_WAITALL)
        word = b"\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind
        ready = b"\x05READY" + word
        self.socket.sendall(b"\x04" + bytes([len(ready)]) + ready)
        self.socket.recv(2)  # its READY
        case.at_case_end.append(self.socket.close)

    def say(self, frame, flags=0):
        is_long = len(frame) > 255
        size = len(frame).to_bytes(8 if is_long else 1, "big")
        self.socket.sendall(bytes([flags | (2 if is_long else 0)]) + size + frame)


def varint(value):
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def fixed(number, value):
    return varint(number << 3 | 1) + value.to_bytes(8, "little")
