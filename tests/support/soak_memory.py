# SPDX-License-Identifier: BSD-3-Clause -- what programs of a long run take of memory, and whether it grows.
"""
The medians of the second and of the last quarter of the run are compared: its begin has filled caches and
tables by then, and a median does not see what waits for a moment.
"""
import collections
import statistics

SHORTEST_S = 600  # of a run that can tell growth from a start
GROWTH = 1.25
GROWTH_MIB = 48
COLUMNS = 12


class Memory:
    def __init__(self, programs):
        self.programs = programs
        self.samples = collections.defaultdict(list)  # name: [(second, MiB)]
        self.peaks = collections.Counter()  # name: MiB, as the kernel saw it

    def sample(self, second):
        """The resident sizes now; 0 of a program that is away."""
        sizes = {program.name: program.memory_mib() for program in self.programs}
        for name, mib in sizes.items():
            if mib > 0:
                self.samples[name].append((second, mib))
        for program in self.programs:
            peak = program.memory_mib("VmHWM:")
            self.peaks[program.name] = max(self.peaks[program.name], peak)
        return sizes

    def medians(self, name, seconds):
        """Of the second and the last quarter; None where the program was away all the time."""
        quarters = [
            [mib for second, mib in self.samples[name] if begin <= second / seconds < begin + 0.25]
            for begin in (0.25, 0.75)]
        return [statistics.median(sizes) if sizes else None for sizes in quarters]

    def check(self, seconds, report):
        for program in self.programs:
            early, late = self.medians(program.name, seconds)
            if None in (early, late) or seconds < SHORTEST_S or not program.is_ours:
                continue
            if late > early * GROWTH + GROWTH_MIB:
                report(f"{program.name} grows: {early} MiB in the second quarter, {late} in the last")

    def summary(self, seconds):
        """A line for each program."""
        for program in self.programs:
            samples = self.samples[program.name]
            step = max(1, len(samples) // COLUMNS)
            over_time = " ".join(f"{second:.0f}s:{mib}" for second, mib in samples[::step])
            yield (
                f"memory of {program.name}: at most {self.peaks[program.name]} MiB, medians of the "
                f"second and the last quarter {self.medians(program.name, seconds)}; {over_time}")
