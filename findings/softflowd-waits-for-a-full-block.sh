#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause -- softflowd sees no packet until a block of them is full.
#
# On a quiet device softflowd has processed none of fifty packets five seconds after they passed.
#
# One would expect: a probe sees a packet when it passes, or within a second.
# What happens: libpcap has the packets ("received by libpcap"), but softflowd opens the device without a
# read timeout, so the kernel hands a block over when it is full, 256 KiB. 'Packets processed' stays 0.
# Why it matters: on a quiet link flows are exported minutes or hours late, and what is in the last block
# when softflowd ends is never exported: sums are short by up to 256 KiB a run.
# Source: softflowd 1.1.0, libpcap 1.10.3; the behaviour was seen. Needs root, in a network namespace of
# its own.
. "$(dirname "$0")/support/packages.sh"
debian_program softflowd 1.1.0-1+b1
export -f python_flows
export work support
unshare --net bash -c 'ip link set lo up && python_flows' <<'PYTHON'
import re
import socket
import subprocess
import time

from flows import WORK

PACKETS = 50
exporter = subprocess.Popen(
    ["softflowd", "-d", "-i", "lo", "-v", "9", "-n", "127.0.0.1:2055", "-p", WORK / "pid",
     "-c", WORK / "control", "-t", "maxlife=1", "-t", "expint=1"], stderr=subprocess.DEVNULL)


def statistics():
    text = subprocess.run(["softflowctl", "-c", WORK / "control", "statistics"],
                          stdout=subprocess.PIPE, text=True, check=True, timeout=10).stdout
    return [int(re.search(f"{name}: (\\d+)", text)[1])
            for name in ("Packets received by libpcap", "Packets processed")]


try:
    time.sleep(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(PACKETS):
            sender.sendto(b"x" * 100, ("127.0.0.1", 9))
    time.sleep(5)
    received, processed = statistics()
    print("received by libpcap:", received, "processed:", processed)
    assert received >= PACKETS, "libpcap did not see the packets"
    assert processed == 0, "packets are processed as they come"
finally:
    exporter.kill()
    exporter.wait()
PYTHON
echo "as described"
