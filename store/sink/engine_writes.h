/*
 * engine_writes.h -- a disk that refuses the embedded engine's files.
 *
 * libchdb (26.5.3, 26.7.3) takes a write(2) that failed for one that worked: a merge on a full disk
 * replaced its parts by empty files, and an INSERT was confirmed. So this program has a write() of
 * its own, which libchdb's calls meet before libc's. While the disk has no room, or answers with an
 * error, a write of the engine waits and is tried again; where the program stops meanwhile it ends
 * at once, because then the engine finds unfinished parts at its next start, and not wrong ones.
 */
#pragma once

/* Writes of the library that has this function are those of the engine. Any thread, once. */
void engine_writes_guard(const void *function);
