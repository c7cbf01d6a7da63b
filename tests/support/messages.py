# SPDX-License-Identifier: BSD-3-Clause -- streams of FlowMessages as protobuf's own tool reads them.
"""
A stream in which each FlowMessage follows its length as a varint becomes a FlowBatch when a tag is
put before each length; `protoc --decode` then says what is in it.
"""
import re
import subprocess

import case

FLOWS_TAG = b"\x0a"  # field 1 of FlowBatch, length-delimited
NUMBER = re.compile(r"^  (\w+): (\d+)$", re.MULTILINE)


def delimited(stream):
    """The numbers of each message: {name: value}."""
    done = subprocess.run(
        ["protoc", f"--proto_path={case.ROOT}/proto", "--decode=flowprotob.FlowBatch",
         "flow.proto"], input=batch(stream), capture_output=True, check=True)
    flows = done.stdout.decode().split("\n}\n")[:-1]
    return [{name: int(value) for name, value in NUMBER.findall(flow)} for flow in flows]


def batch(stream):
    """The stream as one FlowBatch."""
    parts = []
    at = 0
    while at < len(stream):
        size, start = varint(stream, at)
        end = start + size
        case.true(end <= len(stream), f"a message of {size} bytes is cut")
        parts += [FLOWS_TAG, stream[at:end]]
        at = end
    return b"".join(parts)


def varint(stream, at):
    """(number, where it ends)"""
    number = shift = 0
    while True:
        octet = stream[at]
        number |= (octet & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if octet < 0x80:
            return number, at
