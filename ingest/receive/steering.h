/*
 * steering.h -- one exporter, one worker.
 *
 * The sockets of a port form a reuseport group; a classic BPF program in the kernel picks the
 * socket by the datagram's source address alone, so that an exporter's templates, sampling rates
 * and sequence numbers live in one thread, whatever its source ports.
 */
#pragma once

#include <stdint.h>

/*
 * Any one socket of the group carries the program for all; sockets are numbered in the order in
 * which they were bound. Where the kernel refuses, a warning is logged and it steers by its own
 * hash of addresses and ports: exporters that change their source port may then lose templates.
 */
void steering_attach(int socket, uint32_t worker_count);
