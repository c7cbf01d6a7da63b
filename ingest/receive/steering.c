/* SPDX-License-Identifier: BSD-3-Clause -- one exporter, one worker. */
#include "ingest/receive/steering.h"

#include "common/log.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

/* From the network header on, which the kernel finds for sockets of both families. */
#define NET(offset) ((uint32_t)SKF_NET_OFF + (offset))

enum {
    VERSION_IPV6 = 6,
    IPV4_SOURCE = 12,
    IPV6_SOURCE = 8
};

/* 2^32 divided by the golden ratio: neighbouring addresses spread. */
#define HASH_FACTOR UINT32_C(0x9e3779b1)

void steering_attach(int socket, uint32_t worker_count)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NET(0)),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VERSION_IPV6, 2, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV4_SOURCE)),
        BPF_STMT(BPF_JMP | BPF_JA, 10),
        /* IPv6: the four words of the address, folded by exclusive or. */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV6_SOURCE)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV6_SOURCE + 4)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV6_SOURCE + 8)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(IPV6_SOURCE + 12)),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
        /* The product's high half has seen every bit of the address. */
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, HASH_FACTOR),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, worker_count),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) != 0) {
        log_warning("receive", "cannot steer by source address", "error=\"%s\"", strerror(errno));
    }
}
