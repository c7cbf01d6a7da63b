# SPDX-License-Identifier: BSD-3-Clause -- other people's exporters, fed from a capture.
import case
import process

PMACCTD = """daemonize: false
pcap_savefile: {capture}
plugins: sfprobe
sfprobe_receiver: 127.0.0.1:{port}
sfprobe_agentip: {agent}
sampling_rate: {sampling}
snaplen: 128
plugin_buffer_size: 1048576
plugin_pipe_size: 16777216
"""

NFPROBE = """daemonize: false
pcap_savefile: {capture}
plugins: nfprobe
nfprobe_receiver: 127.0.0.1:{port}
nfprobe_version: {version}
nfprobe_timeouts: expint=1
aggregate: src_host, dst_host, src_port, dst_port, proto, tos, src_mac, dst_mac, vlan
plugin_buffer_size: 1048576
plugin_pipe_size: 16777216
"""

PROBES = """daemonize: false
pcap_savefile: {capture}
plugins: nfprobe[n5], nfprobe[n9], nfprobe[n10], sfprobe[s]
aggregate: src_host, dst_host, src_port, dst_port, proto, tos
sampling_rate: {sampling}
sfprobe_receiver[s]: 127.0.0.1:{port}
plugin_pipe_size: 16777216
"""


def softflowd(folder, capture, port, version, sampling=1):
    """Exports the capture as NetFlow 5, 9 or IPFIX (10) in one go."""
    # -c none: with a capture as input, version 1.1.0 waits for ever on its control socket.
    process.check(
        "softflowd",
        ["softflowd", "-d", "-r", capture, "-n", f"127.0.0.1:{port}", "-v", version,
         "-s", sampling, "-p", folder / "softflowd.pid", "-c", "none"], folder, seconds=30)


def sfprobe(folder, capture, port, sampling=1, agent="192.0.2.200"):
    """Exports the capture's packets as sFlow samples; takes about four seconds."""
    config = folder / "pmacctd.conf"
    config.write_text(PMACCTD.format(capture=capture, port=port, agent=agent, sampling=sampling))
    process.check("pmacctd", ["pmacctd", "-f", config], folder, seconds=30)


def nfprobe(folder, capture, port, version):
    """Exports the capture as NetFlow 5, 9 or IPFIX (10)."""
    config = folder / "nfprobe.conf"
    config.write_text(NFPROBE.format(capture=capture, port=port, version=version))
    process.check("nfprobe", ["pmacctd", "-f", config], folder, seconds=30)


def probes(folder, capture, port, sampling):
    """Exports the capture as NetFlow 5, 9, IPFIX and sFlow at once."""
    config = folder / "probes.conf"
    config.write_text(PROBES.format(capture=capture, port=port, sampling=sampling) + "".join(
        f"nfprobe_receiver[n{version}]: 127.0.0.1:{port}\nnfprobe_version[n{version}]: {version}\n"
        for version in (5, 9, 10)))
    process.check("probes", ["pmacctd", "-f", config], folder, seconds=30)


def fprobe(folder, capture, port):
    """Exports the capture as NetFlow 5."""
    with open(capture, "rb") as file:
        probe = process.Process(
            "fprobe", ["fprobe", "-i", "-", "-f", "ip", "-l", "2", "-q", "10000", "-n5",
                       f"127.0.0.1:{port}"], folder, stdin=file)
    case.true(probe.wait(30) == 0, f"fprobe: {probe.failure()}")
