/*
 * crc32c.h -- the CRC that finds damaged records on disk (CRC-32C, RFC 3720 appendix B.4).
 *
 * Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of `size` bytes after others whose CRC is `crc`; 0 to start. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

/* The same, on processors without an instruction for it. */
uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t size);
