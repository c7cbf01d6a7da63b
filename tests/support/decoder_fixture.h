/*
 * decoder_fixture.h -- what tests of decoders stand on: a decoder, and a datagram to build for it.
 *
 *   TestSuite(ipfix, .init = fixture_start_ipfix, .fini = fixture_stop);
 *
 * Each test runs in a process of its own, so both are new in each.
 */
#pragma once

#include "tests/support/flow_collector.h"

extern struct flow_collector collector;
extern struct packet packet;

/* With the default limits. */
void fixture_start(void);
/* And begins an IPFIX message. */
void fixture_start_ipfix(void);
/* A decoder with other limits, which knows no template. */
void fixture_restart(const struct decoder_options *options);
void fixture_stop(void);

/* Closes the IPFIX message that was begun, and decodes it. */
void fixture_decode(void);
