/*
 * fuzz_target.h -- the entry that libFuzzer calls for each input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Always 0: libFuzzer reserves other values. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(
    const uint8_t *bytes, size_t size);
