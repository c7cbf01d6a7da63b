# SPDX-License-Identifier: BSD-3-Clause -- captures of ordinary traffic, and what is in them.
"""
    sessions = traffic.sessions(seed=1)
    traffic.write_pcap(path, traffic.packets(sessions, seed=1))
    traffic.totals(sessions, frame_overhead=0)    what a collector must find

TCP, UDP and ICMP between hosts of documentation networks, IPv4 and IPv6, packets of all sessions
mixed. A session is one direction with a 5-tuple of its own.
"""
import collections
import ipaddress
import random
import struct
import time

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
ETHERNET_SIZE = 14

Session = collections.namedtuple("Session", "src dst proto sport dport sizes")  # IP lengths


def sessions(seed, count=60, with_v6=True):
    """Sessions of 1 to 40 packets; no two share a 5-tuple, nor addresses when they are ICMP."""
    choose = random.Random(seed)
    made = {}
    while len(made) < count:
        session = make_session(choose, with_v6 and choose.random() < 0.4)
        made.setdefault(session[:5], session)
    return list(made.values())


def make_session(choose, is_v6):
    proto = choose.choice([TCP, TCP, TCP, UDP, UDP, ICMP6 if is_v6 else ICMP])
    network = "2001:db8::" if is_v6 else "192.0.2.0"
    src, dst = (
        ipaddress.ip_address(network) + host for host in choose.sample(range(1, 60), 2))
    sport = choose.randrange(1024, 65536) if proto in (TCP, UDP) else 0
    dport = choose.choice([53, 80, 123, 443, 8080]) if proto in (TCP, UDP) else 0
    sizes = [choose.randrange(100, 1400) for _ in range(choose.randrange(1, 40))]
    return Session(src, dst, proto, sport, dport, sizes)


def totals(all_sessions, frame_overhead=0):
    """{(src, dst, proto, sport, dport): (packets, bytes)}; overhead counts for each packet."""
    sums = collections.defaultdict(lambda: [0, 0])
    for session in all_sessions:
        total = sums[tuple(map(str, session[:2])) + session[2:5]]
        total[0] += len(session.sizes)
        total[1] += sum(session.sizes) + frame_overhead * len(session.sizes)
    return {key: tuple(value) for key, value in sums.items()}


def packets(all_sessions, seed):
    """Ethernet frames in random order, each session's in its own."""
    turns = [index for index, session in enumerate(all_sessions) for _ in session.sizes]
    random.Random(seed).shuffle(turns)
    sent = [0] * len(all_sessions)
    for index in turns:
        yield frame(all_sessions[index], sent[index])
        sent[index] += 1


def frame(session, number):
    """One packet of the session: `number` says which of its sizes it has."""
    size = session.sizes[number]
    is_v6 = session.src.version == 6
    body = transport(session, number, size - (40 if is_v6 else 20))
    ethernet = bytes.fromhex("020000000002020000000001") + (b"\x86\xdd" if is_v6 else b"\x08\x00")
    return ethernet + (ipv6(session, body) if is_v6 else ipv4(session, body, number)) + body


def ipv4(session, body, identification):
    def header(check):
        return struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), identification, 0, 64, session.proto, check,
            session.src.packed, session.dst.packed)

    return header(checksum(header(0)))


def ipv6(session, body):
    return struct.pack(
        ">IHBB16s16s", 6 << 28, len(body), session.proto, 64, session.src.packed,
        session.dst.packed)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def transport(session, number, size):
    if session.proto == TCP:
        control = 0x02 if number == 0 else 0x18
        head = struct.pack(
            ">HHIIBBHHH", session.sport, session.dport, number, 1, 5 << 4, control, 65535, 0, 0)
    elif session.proto == UDP:
        head = struct.pack(">HHHH", session.sport, session.dport, size, 0)
    else:
        echo_request = 8 if session.proto == ICMP else 128
        head = struct.pack(">BBHHH", echo_request, 0, 0, 1, number)
    return head + bytes(size - len(head))


def write_pcap(path, frames, start=None, step_s=0.001, link_type=1):
    """A pcap of the frames, `step_s` apart, that began a minute ago unless told otherwise."""
    moment = time.time() - 60 if start is None else start
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type))
        for data in frames:
            file.write(struct.pack(
                "<IIII", int(moment), int(moment % 1 * 1e6), len(data), len(data)))
            file.write(data)
            moment += step_s
