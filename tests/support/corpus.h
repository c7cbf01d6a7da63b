/*
 * corpus.h -- the seeds and findings of a fuzzer, as input of ordinary tests.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Calls `take` with each file of tests/fuzz/corpus/NAME, in an allocation of its own size, so that
 * a sanitizer sees a read past its end. Returns how many files there were.
 */
size_t corpus_replay(const char *name, void (*take)(const uint8_t *bytes, size_t size));
