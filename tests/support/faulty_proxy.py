# SPDX-License-Identifier: BSD-3-Clause -- a TCP proxy that spoils HTTP exchanges on purpose.
"""
    proxy = faulty_proxy.Proxy(server_port)         proxy.port is where clients connect
    proxy.spoil(faulty_proxy.lose_answer, b"query=INSERT", 3)

spoils the next three requests that contain the pattern, or all of them (FOR_EVER):

    lose_answer     the server does what it says; the client sees its connection close
    refuse          the server sees nothing; the client is told 500
    swallow         the request is taken whole, and never answered: what a network does that is cut
    swallow_from    this request, and all others from then on
    answer_late     the answer comes after `proxy.delay_s`
    deliver_late    the request is taken whole, and given to the server after `proxy.delay_s`, even
                    if the client has given up: what a network does that was cut, and is not any more
    hide            the server is asked for something else than the pattern, which nobody has
    profile         `proxy.settings` ("limit=100&offset=3") stand in front of the URL's arguments, as if a
                    user's profile had them; `proxy.losses` INSERTs lose their answer
    limit           a body of more than `proxy.limit` octets is answered with `proxy.refusal`
    cut             the server writes the first `proxy.limit` rows of an INSERT only, and says so
    narrow          the request takes as long as a wire needs that carries `proxy.rate` octets a second
"""
import contextlib
import re
import socket
import threading
import time

import case

REFUSAL = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nfaulty"

FOR_EVER = 1 << 62


class Proxy:
    """One thread a connection; all end with the case."""

    def __init__(self, server_port, delay_s=1, rate=0):
        self.server_port = server_port
        self.delay_s = delay_s
        self.rate = rate
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.fault = None
        self.pattern = b""
        self.left = 0
        self.settings = ""
        self.losses = 0
        self.limit = 0
        self.refusal = REFUSAL
        threading.Thread(target=self.accept, daemon=True).start()
        case.at_case_end.append(self.listener.close)

    def spoil(self, fault, pattern, count):
        with self.lock:
            self.fault, self.pattern, self.left = fault, pattern, count

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError, EOFError), client:
            while True:
                request = read_message(client)
                self.fault_of(request)(self, client, request)

    def fault_of(self, request):
        with self.lock:
            if self.left == 0 or self.pattern not in request:
                return forward
            self.left -= 1
            return self.fault

    def ask_server(self, request):
        """A connection each, as keep-alive is not what is tested."""
        with socket.create_connection(("127.0.0.1", self.server_port)) as server:
            server.sendall(request)
            return read_message(server)


def forward(proxy, client, request):
    client.sendall(proxy.ask_server(request))


def lose_answer(proxy, client, request):
    proxy.ask_server(request)
    raise EOFError


def refuse(_proxy, client, _request):
    client.sendall(REFUSAL)


def swallow(_proxy, client, _request):
    while True:
        receive(client)


def swallow_from(proxy, client, request):
    """From this request on nothing gets through."""
    proxy.spoil(swallow, b"", FOR_EVER)
    swallow(proxy, client, request)


def answer_late(proxy, client, request):
    answer = proxy.ask_server(request)
    time.sleep(proxy.delay_s)
    client.sendall(answer)


def deliver_late(proxy, client, request):
    time.sleep(proxy.delay_s)
    forward(proxy, client, request)


def hide(proxy, client, request):
    """As long as it was, so that its length is still right."""
    forward(proxy, client, request.replace(proxy.pattern, b"x" * len(proxy.pattern)))


def profile(proxy, client, request):
    settings = proxy.settings.encode()
    answer = proxy.ask_server(request.replace(b" /?", b" /?" + settings + b"&" if settings else b" /?", 1))
    if proxy.losses > 0 and b"query=INSERT" in request.split(b"\r\n", 1)[0]:
        proxy.losses -= 1
        raise EOFError
    client.sendall(answer)


def limit(proxy, client, request):
    if len(request.split(b"\r\n\r\n", 1)[1]) > proxy.limit:
        client.sendall(proxy.refusal)
    else:
        forward(proxy, client, request)


def cut(proxy, client, request):
    forward(proxy, client, request.replace(
        b"%20FORMAT%20Native", b"%%20LIMIT%%20%d%%20FORMAT%%20Native" % proxy.limit, 1))


def narrow(proxy, client, request):
    time.sleep(len(request) / proxy.rate)
    forward(proxy, client, request)


def read_message(end):
    """One HTTP message whole: by its length, by its chunks, or until the end closes."""
    data = read_until(end, b"", b"\r\n\r\n")
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if re.search(rb"(?i)\r\nexpect: *100-continue", head):
        end.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = re.sub(rb"(?i)\r\nexpect: *100-continue", b"", head)
    if length is not None:
        return head + b"\r\n\r\n" + read_length(end, body, int(length[1]))
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        return head + b"\r\n\r\n" + read_until(end, body, b"0\r\n\r\n")
    return head + b"\r\n\r\n" + body


def read_length(end, data, length):
    parts, left = [data], length - len(data)
    while left > 0:
        parts.append(receive(end))
        left -= len(parts[-1])
    return b"".join(parts)


def read_until(end, data, mark):
    while mark not in data:
        data += receive(end)
    return data


def receive(end):
    data = end.recv(1 << 18)
    if not data:
        raise EOFError
    return data
