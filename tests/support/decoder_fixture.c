/* SPDX-License-Identifier: BSD-3-Clause -- a decoder and a datagram for each test. */
#include "tests/support/decoder_fixture.h"

struct flow_collector collector;
struct packet packet;

void fixture_start(void)
{
    collector_start(&collector);
}

void fixture_start_ipfix(void)
{
    fixture_start();
    packet_ipfix(&packet);
}

void fixture_restart(const struct decoder_options *options)
{
    fixture_stop();
    collector_start_with(&collector, options);
}

void fixture_stop(void)
{
    collector_stop(&collector);
}

void fixture_decode(void)
{
    packet_close(&packet);
    collector_decode(&collector, &packet);
}
