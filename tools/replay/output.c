/* SPDX-License-Identifier: BSD-3-Clause -- where goflow-replay's datagrams go. */
#include "tools/replay/output.h"

#include "common/clock.h"
#include "common/decimal.h"
#include "common/log.h"
#include "tools/replay/put.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FIRST_EXPORTER = (127 << 24) + 2,
    SEND_BUFFER_BYTES = 4 << 20,
    PCAP_MAGIC_NS = (int)0xa1b23c4d,
    PCAP_HEADER = 24,
    PCAP_RECORD_HEADER = 16,
    PCAP_SNAP = 262144,
    LINK_RAW = 101,
    IPV4_HEADER = 20,
    UDP_HEADER = 8,
    PROTOCOL_UDP = 17
};

struct datagram_slot {
    size_t size;
    uint32_t exporter;
    uint64_t time_ns;
    uint8_t bytes[OUTPUT_DATAGRAM_MAX];
};

struct output {
    struct output_target target;
    int socket; /* -1: a file */
    FILE *file;
    struct sockaddr_storage name;
    socklen_t name_size;
    size_t count;
    struct datagram_slot slots[OUTPUT_BATCH];
};

enum err output_target_parse(struct output_target *target_p, const char *text)
{
    char host[ADDRESS_TEXT_SIZE + 2];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
        return ERR_INVALID;
    }
    size_t length = (size_t)(colon - text);
    bool has_brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    (void)snprintf(host, sizeof host, "%.*s", (int)(has_brackets ? length - 2 : length),
        has_brackets ? text + 1 : text);
    uint64_t port;
    if (decimal_parse(colon + 1, UINT16_MAX, &port) != ERR_OK || port == 0) {
        return ERR_INVALID;
    }
    target_p->port = (uint16_t)port;
    return address_parse(&target_p->address, host);
}

static void set_name(struct output *output)
{
    const struct address *address = &output->target.address;
    if (address_is_ipv4(address)) {
        struct sockaddr_in *name = (struct sockaddr_in *)&output->name;
        name->sin_family = AF_INET;
        name->sin_port = htons(output->target.port);
        memcpy(&name->sin_addr, address->bytes + 12, sizeof name->sin_addr);
        output->name_size = sizeof *name;
        return;
    }
    struct sockaddr_in6 *name = (struct sockaddr_in6 *)&output->name;
    name->sin6_family = AF_INET6;
    name->sin6_port = htons(output->target.port);
    memcpy(&name->sin6_addr, address->bytes, sizeof name->sin6_addr);
    output->name_size = sizeof *name;
}

static struct output *output_new(const struct output_target *target)
{
    struct output *output = calloc(1, sizeof *output);
    if (output == NULL) {
        log_error("replay", "out of memory", "");
        return NULL;
    }
    output->target = *target;
    output->socket = -1;
    return output;
}

enum err output_open_udp(struct output **output_p, const struct output_target *target)
{
    struct output *output = output_new(target);
    *output_p = output;
    if (output == NULL) {
        return ERR_MEMORY;
    }
    set_name(output);
    output->socket = socket(output->name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (output->socket < 0) {
        log_error("replay", "cannot open a socket", "error=\"%s\"", strerror(errno));
        free(output);
        *output_p = NULL;
        return ERR_IO;
    }
    int size = SEND_BUFFER_BYTES;
    (void)setsockopt(output->socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return ERR_OK;
}

enum err output_open_file(
    struct output **output_p, const char *path, const struct output_target *target)
{
    struct output *output = output_new(target);
    *output_p = output;
    if (output == NULL) {
        return ERR_MEMORY;
    }
    output->file = fopen(path, "wbe");
    if (output->file == NULL) {
        log_error("replay", "cannot write", "path=%s error=\"%s\"", path, strerror(errno));
        free(output);
        *output_p = NULL;
        return ERR_IO;
    }
    uint8_t header[PCAP_HEADER];
    struct put put = {header};
    put_be32(&put, (uint32_t)PCAP_MAGIC_NS);
    put_be16(&put, 2);
    put_be16(&put, 4);
    put_zeroes(&put, 8);
    put_be32(&put, PCAP_SNAP);
    put_be32(&put, LINK_RAW);
    (void)fwrite(header, sizeof header, 1, output->file); /* output_flush() finds the error */
    return ERR_OK;
}

/* One socket for all exporters: the source address goes with each message (ip(7), IP_PKTINFO). */
static void set_source(struct msghdr *message, char *control, uint32_t exporter)
{
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    head->cmsg_level = IPPROTO_IP;
    head->cmsg_type = IP_PKTINFO;
    head->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(FIRST_EXPORTER + exporter)};
    memcpy(CMSG_DATA(head), &info, sizeof info);
}

static enum err send_all(int socket, struct mmsghdr *messages, size_t count)
{
    size_t sent = 0;
    while (sent < count) {
        int result = sendmmsg(socket, messages + sent, (unsigned)(count - sent), 0);
        if (result < 0 && errno != EINTR) {
            log_error("replay", "cannot send", "error=\"%s\"", strerror(errno));
            return ERR_IO;
        }
        sent += result > 0 ? (size_t)result : 0;
    }
    return ERR_OK;
}

static enum err flush_socket(struct output *output)
{
    struct mmsghdr messages[OUTPUT_BATCH] = {0};
    struct iovec vectors[OUTPUT_BATCH];
    _Alignas(struct cmsghdr) char control[OUTPUT_BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
    for (size_t i = 0; i < output->count; i++) {
        struct datagram_slot *slot = &output->slots[i];
        vectors[i] = (struct iovec){slot->bytes, slot->size};
        struct msghdr *message = &messages[i].msg_hdr;
        message->msg_name = &output->name;
        message->msg_namelen = output->name_size;
        message->msg_iov = &vectors[i];
        message->msg_iovlen = 1;
        if (output->target.exporters > 1) {
            set_source(message, control[i], slot->exporter);
        }
    }
    return send_all(output->socket, messages, output->count);
}

/* The sum of an IPv4 header, RFC 1071. */
static uint16_t header_checksum(const uint8_t header[IPV4_HEADER])
{
    uint32_t sum = 0;
    for (size_t i = 0; i < IPV4_HEADER; i += 2) {
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    return (uint16_t)~sum;
}

static void write_record(const struct output *output, const struct datagram_slot *slot)
{
    uint8_t bytes[PCAP_RECORD_HEADER + IPV4_HEADER + UDP_HEADER];
    uint32_t packet_size = (uint32_t)(IPV4_HEADER + UDP_HEADER + slot->size);
    struct put put = {bytes};
    put_be32(&put, (uint32_t)(slot->time_ns / NS_PER_S));
    put_be32(&put, (uint32_t)(slot->time_ns % NS_PER_S));
    put_be32(&put, packet_size);
    put_be32(&put, packet_size);
    uint8_t *ip = put.pos;
    put_be16(&put, 0x4500);
    put_be16(&put, (uint16_t)packet_size);
    put_be32(&put, 0);
    put_u8(&put, 64);
    put_u8(&put, PROTOCOL_UDP);
    put_be16(&put, 0);
    put_be32(&put, FIRST_EXPORTER + slot->exporter);
    put_bytes(&put, output->target.address.bytes + 12, 4);
    put_be16_at(ip + 10, header_checksum(ip));
    put_be16(&put, output->target.port);
    put_be16(&put, output->target.port);
    put_be16(&put, (uint16_t)(UDP_HEADER + slot->size));
    put_be16(&put, 0); /* no checksum, as UDP over IPv4 allows */
    (void)fwrite(bytes, sizeof bytes, 1, output->file);
    (void)fwrite(slot->bytes, slot->size, 1, output->file);
}

static enum err flush_file(struct output *output)
{
    for (size_t i = 0; i < output->count; i++) {
        write_record(output, &output->slots[i]);
    }
    if (fflush(output->file) != 0 || ferror(output->file)) {
        log_error("replay", "cannot write", "error=\"%s\"", strerror(errno));
        return ERR_IO;
    }
    return ERR_OK;
}

enum err output_flush(struct output *output)
{
    enum err err = output->socket >= 0 ? flush_socket(output) : flush_file(output);
    output->count = 0;
    return err;
}

enum err output_close(struct output **output_p)
{
    struct output *output = *output_p;
    if (output == NULL) {
        return ERR_OK;
    }
    enum err err = output_flush(output);
    if (output->socket >= 0) {
        (void)close(output->socket);
    }
    if (output->file != NULL && fclose(output->file) != 0) {
        log_error("replay", "cannot write", "error=\"%s\"", strerror(errno));
        err = ERR_IO;
    }
    free(output);
    *output_p = NULL;
    return err;
}

uint8_t *output_room(struct output *output)
{
    return output->slots[output->count].bytes;
}

enum err output_add(struct output *output, size_t size, uint32_t exporter, uint64_t time_ns)
{
    struct datagram_slot *slot = &output->slots[output->count++];
    slot->size = size;
    slot->exporter = exporter;
    slot->time_ns = time_ns;
    return output->count == OUTPUT_BATCH ? output_flush(output) : ERR_OK;
}
