# SPDX-License-Identifier: BSD-3-Clause -- packets and exports that the findings make, and collectors.
"""
    frame = udp_frame("192.0.2.1", "192.0.2.2", (5000, 53), b"payload")      Ethernet, IPv4 or IPv6
    write_pcap(path, frames)
    ipfix(sequence, (2, template(256, (8, 4), (1, 8))), (256, record))       a message
    received(program, *arguments)         what an exporter sends to a port, {port} in its arguments
    with collector(...) as send: send(datagram)
"""
import contextlib
import ipaddress
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

WORK = pathlib.Path(os.environ["WORK"])
EXPORTED_S = 1_700_000_000
VARIABLE = 65535  # length of a field that has its own (RFC 7011 section 7)


def udp_frame(source, destination, ports, payload, tos=0):
    source, destination = map(ipaddress.ip_address, (source, destination))
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    if source.version == 6:
        header = struct.pack(
            ">IHBB16s16s", 6 << 28 | tos << 20, len(udp), 17, 64, source.packed, destination.packed)
        return bytes.fromhex("02000000000202000000000186dd") + header + udp
    header = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(udp), 1, 0, 64, 17, 0,
                         source.packed, destination.packed)
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", 0xFFFF - total) + header[12:]
    return bytes.fromhex("0200000000020200000000010800") + header + udp


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack(
                "<IIII", EXPORTED_S + number, 0, len(frame), len(frame)) + frame)


def template(number, *fields):
    """Fields are (element, length), or (element, length, enterprise)."""
    body = struct.pack(">HH", number, len(fields))
    for element, length, *enterprise in fields:
        body += struct.pack(">HH", element | (0x8000 if enterprise else 0), length)
        body += b"".join(struct.pack(">I", pen) for pen in enterprise)
    return body


def sets(*numbered):
    return b"".join(struct.pack(">HH", number, 4 + len(body)) + body for number, body in numbered)


def ipfix(sequence, *numbered):
    body = sets(*numbered)
    return struct.pack(">HHIII", 10, 16 + len(body), EXPORTED_S, sequence, 1) + body


def netflow9(sequence, uptime_ms, *numbered):
    return struct.pack(">HHIIII", 9, len(numbered), uptime_ms, EXPORTED_S, sequence, 1) + sets(
        *numbered)


def sflow(*records):
    """One flow sample of one packet, rate 1; records are (format, body)."""
    body = struct.pack(">IIIIIIII", 1, 3, 1, 1, 0, 3, 4, len(records))
    body += b"".join(struct.pack(">II", kind, len(data)) + data for kind, data in records)
    return struct.pack(">II4sIIII", 5, 1, bytes([192, 0, 2, 9]), 0, 1, 1000, 1) + struct.pack(
        ">II", 1, len(body)) + body


def raw_header(frame):
    """Record 1, Ethernet, with the frame's check sequence counted."""
    padded = frame + bytes(-len(frame) % 4)
    return 1, struct.pack(">IIII", 1, len(frame) + 4, 4, len(frame)) + padded


def received(*command, quiet_s=3):
    """The datagrams that a program sends; `{port}` in its arguments is where."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    listener.settimeout(quiet_s)
    words = [str(word).format(port=listener.getsockname()[1]) for word in command]
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                   timeout=60)
    datagrams = []
    with contextlib.suppress(TimeoutError):
        while True:
            datagrams.append(listener.recv(65535))
    return datagrams


def as_pcap(name, datagrams, port=2055):
    path = WORK / f"{name}.pcap"
    write_pcap(path, [udp_frame("192.0.2.9", "192.0.2.10", (port, port), data)
                      for data in datagrams])
    return path


def pmacct_reads(program, datagrams, primitives):
    """The lines that nfacctd or sfacctd prints of the datagrams, as dicts."""
    out, config = WORK / "out.json", WORK / "pmacct.conf"
    config.write_text("\n".join([
        "daemonize: false", "plugins: print", "print_output: json", f"print_output_file: {out}",
        "print_refresh_time: 3600", "print_num_protos: true", "timestamps_since_epoch: true",
        f"aggregate: {primitives}", f"pcap_savefile: {as_pcap('in', datagrams)}", ""]))
    subprocess.run([program, "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True, timeout=60)
    return [json.loads(line) for line in out.read_text().splitlines()]


def nfdump_reads(program, datagrams):
    """The flows that nfcapd or sfcapd keeps of the datagrams, as dicts."""
    store = WORK / "store"
    store.mkdir()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    collector = subprocess.Popen(
        [program, "-p", str(port), "-b", "127.0.0.1", "-l", str(store), "-t", "3600"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for datagram in datagrams:
                sender.sendto(datagram, ("127.0.0.1", port))
        time.sleep(1)
        for _ in range(20):
            collector.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                collector.wait(1)
                break
    finally:
        collector.kill()
    done = subprocess.run(["nfdump", "-r", next(store.glob("nfcapd.2*")), "-o", "json"],
                          stdout=subprocess.PIPE, check=True, timeout=30)
    return [] if b"No matching" in done.stdout else json.loads(done.stdout)


def ipfix_records(message, templates):
    """Dicts {element: value} of the data records; templates {id: (is_options, fields)} are learnt."""
    at = 16
    while at < len(message):
        set_id, length = struct.unpack_from(">HH", message, at)
        body, end = at + 4, at + length
        if set_id in (2, 3):
            learn_templates(message[body:end], set_id == 3, templates)
        is_options, fields = templates.get(set_id, (True, []))
        smallest = sum(1 if width == VARIABLE else width for _, width in fields)
        while not is_options and smallest and body + smallest <= end:
            record = {}
            for element, width in fields:
                if width == VARIABLE:  # texts here, below 255 bytes
                    width, body = message[body], body + 1
                record.setdefault(element, int.from_bytes(message[body:body + width], "big"))
                body += width
            yield record
        at = end


def learn_templates(body, is_options, templates):
    at = 0
    while at + 4 <= len(body):
        number, count = struct.unpack_from(">HH", body, at)
        at += 6 if is_options else 4
        fields = []
        for _ in range(count):
            element, width = struct.unpack_from(">HH", body, at)
            at += 8 if element & 0x8000 else 4
            fields.append((element, width))
        templates[number] = (is_options, fields)
