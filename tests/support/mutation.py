# SPDX-License-Identifier: BSD-3-Clause -- bytes that are almost right, for fuzzers that talk to sockets.
"""
    mutator = mutation.Mutator(seeds, random.Random(7))
    mutator.next()          one of the seeds, changed in a few places
"""

NUMBERS = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0", b"\xff\xff", b"\0\1", b"\xff\xff\xff\xff",
           b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff" * 8, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")


class Mutator:
    def __init__(self, seeds, random):
        self.seeds = list(seeds)
        self.random = random

    def next(self):
        data = bytearray(self.random.choice(self.seeds))
        for _ in range(self.random.choice((0, 1, 1, 2, 4, 16))):
            self.random.choice((flip, number, cut, repeat, self.splice))(data, self.random)
        return bytes(data)

    def splice(self, data, random):
        """The end of another seed."""
        other = random.choice(self.seeds)
        data[random.randrange(len(data) + 1):] = other[random.randrange(len(other) + 1):]


def flip(data, random):
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def number(data, random):
    """A length or count that is zero, maximal, or next to it."""
    value = random.choice(NUMBERS)
    at = random.randrange(len(data) + 1)
    data[at:at + len(value)] = value


def cut(data, random):
    first = random.randrange(len(data) + 1)
    del data[first:first + random.randrange(1, 64)]


def repeat(data, random):
    first = random.randrange(len(data) + 1)
    part = data[first:first + random.randrange(1, 256)]
    data[first:first] = part * random.randrange(1, 8)
