# SPDX-License-Identifier: BSD-3-Clause -- pinned public packages in a temporary folder, for the findings.
#
# Source this file. It makes the folder $work, which goes at the end, and these functions:
#   debian_package NAME VERSION   unpacks a package of Debian into $work/root
#   debian_program NAME VERSION   the same, and the libraries that it depends on, of the same release
#   python_flows                  runs the Python program on stdin with the programs unpacked, and with
#                                 the module flows.py, which makes packets and exports
#   npm_package NAME VERSION      unpacks a package of npm into $work/npm/NAME
#   fetch_python_zmq, python_zmq  the second runs the Python program on stdin with the first's libzmq
#   fetch_engine, python_engine   the same with ClickHouse's embedded engine (module engine.py)
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly support=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

debian_package() {
    mkdir -p "$work/debs" "$work/root"
    (cd "$work/debs" && apt-get download "$1=$2" >download.log 2>&1) || {
        cat "$work/debs/download.log" >&2
        echo "$1 $2 cannot be fetched; the finding holds for that version" >&2
        exit 2
    }
    dpkg -x "$work/debs/$1"_*.deb "$work/root"
    rm "$work/debs/$1"_*.deb
    echo "package: $1 $2 (Debian)"
}

# libc is the system's own: a program must not run with another one.
debian_program() {
    debian_package "$1" "$2"
    local libraries
    libraries=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "$1=$2" | grep -E '^(lib|wireshark-common)' | sort -u |
        grep -vxE 'libc6|libc-bin|libgcc-s1|libcrypt1|.*:.*') || true
    # shellcheck disable=SC2086
    (cd "$work/debs" && apt-get download $libraries >download.log 2>&1) || {
        cat "$work/debs/download.log" >&2
        echo "the libraries of $1 cannot be fetched" >&2
        exit 2
    }
    for library in "$work/debs"/*.deb; do
        dpkg -x "$library" "$work/root"
        rm "$library"
    done
}

python_flows() {
    WORK=$work ROOT=$work/root PYTHONPATH=$support \
        LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/lib/x86_64-linux-gnu \
        PATH=$work/root/usr/sbin:$work/root/usr/bin:$PATH timeout 90 /usr/bin/python3 -
}

npm_package() {
    mkdir -p "$work/npm/$1"
    npm pack --loglevel=error --cache "$work/cache" --pack-destination "$work" "$1@$2" \
        >"$work/npm.log" 2>&1 || {
        cat "$work/npm.log" >&2
        echo "$1@$2 cannot be fetched; the finding holds for that version" >&2
        exit 2
    }
    tar -xzf "$work"/*.tgz -C "$work/npm/$1" --strip-components=1
    rm -rf "$work"/*.tgz "$work/cache"
    echo "package: $1@$2 (npm)"
}

python_zmq() {
    PYTHONPATH=$work/root/usr/lib/python3/dist-packages \
        LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu timeout 60 /usr/bin/python3 -
}

# Debian's libzmq with its Python binding and what it links.
fetch_python_zmq() {
    debian_package libzmq5 4.3.4-6
    debian_package python3-zmq 24.0.1-4+b1
    debian_package libsodium23 1.0.18-1+deb12u1
    debian_package libpgm-5.3-0 5.3.128~dfsg-2
    debian_package libnorm1 1.5.9+dfsg-2
    debian_package libbsd0 0.11.7-2
    debian_package libmd0 1.0.4-2
}

# ClickHouse's embedded engine; Python programs on stdin find it as module `engine`.
fetch_engine() {
    npm_package @chdb/lib-linux-x64-gnu 26.7.3-stable.1
}

python_engine() {
    LIBCHDB=$work/npm/@chdb/lib-linux-x64-gnu/libchdb.so PYTHONPATH=$support \
        timeout 90 /usr/bin/python3 -
}
