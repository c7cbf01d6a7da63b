/* SPDX-License-Identifier: BSD-3-Clause -- seeds and findings of every fuzz target, in any build.
 */
#include "tests/support/corpus.h"

#include <criterion/criterion.h>

/* tests/fuzz/fuzz_X.c, its entry renamed to fuzz_X by tests/CMakeLists.txt. */
#define TARGETS(X)                                                                                 \
    X(capture)                                                                                     \
    X(columns)                                                                                     \
    X(content_coding)                                                                              \
    X(flow_codec)                                                                                  \
    X(flow_filter)                                                                                 \
    X(link_frame)                                                                                  \
    X(mapping)                                                                                     \
    X(netflow)                                                                                     \
    X(options)                                                                                     \
    X(packet_header)                                                                               \
    X(record)                                                                                      \
    X(sampling_map)                                                                                \
    X(serve_request)                                                                               \
    X(sflow)                                                                                       \
    X(snapshot)                                                                                    \
    X(template)

#define DECLARE(name) int fuzz_##name(const uint8_t *bytes, size_t size);
TARGETS(DECLARE)

#define REPLAY(name)                                                                               \
    static void replay_##name(const uint8_t *bytes, size_t size)                                   \
    {                                                                                              \
        cr_assert_eq(fuzz_##name(bytes, size), 0);                                                 \
    }                                                                                              \
    Test(fuzz_corpus, of_##name##_is_survived)                                                     \
    {                                                                                              \
        cr_assert_gt(corpus_replay(#name, replay_##name), 0);                                      \
    }
TARGETS(REPLAY)
