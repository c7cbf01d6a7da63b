#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause -- prints the flows of a tap: source, destination, bytes.
# Debian: python3-zmq python3-protobuf; and protoc --proto_path=proto --python_out=. flow.proto
import ipaddress
import sys

import flow_pb2
import zmq

def text(octets):
    return str(ipaddress.ip_address(octets)) if octets else "-"

socket = zmq.Context().socket(zmq.SUB)
socket.connect(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5559")
socket.subscribe("flows")
while True:
    _topic, payload = socket.recv_multipart()
    for flow in flow_pb2.FlowBatch.FromString(payload).flows:
        print(text(flow.SrcAddr), text(flow.DstAddr), flow.Bytes, flush=True)
