# SPDX-License-Identifier: BSD-3-Clause -- a TCP proxy that loses a server's answers on purpose.
"""
    proxy = faulty_proxy.Proxy(server_port)     proxy.port is where clients connect
    proxy.lose_answers(b"INSERT", 3)            the next three answers to such requests are lost

The request is forwarded whole and the server does what it says; then, instead of the answer, the
client sees its connection close.
"""
import contextlib
import socket
import threading

import case


class Proxy:
    """One thread for each direction of each connection; all end with the case."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pattern = b""
        self.left = 0
        self.lost = 0
        threading.Thread(target=self.accept, daemon=True).start()
        case.at_case_end.append(self.listener.close)

    def lose_answers(self, pattern, count):
        with self.lock:
            self.pattern, self.left = pattern, count

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                Connection(self, client)

    def takes_answer(self, request):
        """True when the answer to this request is to be lost."""
        with self.lock:
            if self.left == 0 or self.pattern not in request:
                return False
            self.left -= 1
            self.lost += 1
            return True


class Connection:
    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", proxy.server_port))
        self.request = b""  # what the client has sent since the last answer; its start is enough
        threading.Thread(target=self.forward, daemon=True).start()
        threading.Thread(target=self.answer, daemon=True).start()

    def forward(self):
        with contextlib.suppress(OSError):
            while data := self.client.recv(1 << 16):
                self.request = (self.request + data)[:1 << 16]
                self.server.sendall(data)
        self.close()

    def answer(self):
        with contextlib.suppress(OSError):
            while data := self.server.recv(1 << 16):
                request, self.request = self.request, b""
                if self.proxy.takes_answer(request):
                    break
                self.client.sendall(data)
        self.close()

    def close(self):
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
