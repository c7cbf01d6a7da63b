/*
 * hash.h -- hashes of what a sender chooses, which the sender cannot foresee.
 *
 * Each table takes a seed of its own from the kernel. Without it nobody can choose keys that fall
 * on one slot; a table bounds its probes all the same.
 */
#pragma once

#include <stdint.h>

struct hash_seed {
    uint64_t words[2];
};

/* A random seed. */
struct hash_seed hash_seed_new(void);

/* Both halves of the product, so that every bit of either word counts. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* Longer keys are hashed in turns: the hash so far is the first word of the next turn. */
static inline uint64_t hash_words(const struct hash_seed *seed, uint64_t a, uint64_t b)
{
    uint64_t hash = hash_fold(a ^ seed->words[0], b ^ seed->words[1]);
    return hash_fold(hash ^ seed->words[1], UINT64_C(0x9e3779b97f4a7c15));
}

/* The same of three words, in two turns as well. */
static inline uint64_t hash_three(const struct hash_seed *seed, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t hash = hash_fold(a ^ seed->words[0], b ^ seed->words[1]);
    return hash_fold(hash ^ seed->words[1], c ^ seed->words[0] ^ UINT64_C(0x9e3779b97f4a7c15));
}
