"""A wall clock that can be set for one process alone: a library laid over the system's before it starts."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

_SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile const double *ahead;

__attribute__((constructor)) static void map(void) {
    int file = open(getenv("WALL_CLOCK_AHEAD"), O_RDONLY);
    ahead = mmap(0, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t which, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(which, at);
    if (which == CLOCK_REALTIME && ahead) at->tv_sec += (time_t)*ahead;
    return answer;
}

time_t time(time_t *to) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (to) *to = at.tv_sec;
    return at.tv_sec;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    at->tv_sec = precise.tv_sec;
    at->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
"""


class WallClock:
    """Give `env` to a process, and `step` sets its clock while it runs; other clocks go on as they are."""

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "ahead"
        source, library = folder / "wall_clock.c", folder / "wall_clock.so"
        source.write_text(_SOURCE, encoding="ascii")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self.step(0)
        self.env = {"LD_PRELOAD": str(library), "WALL_CLOCK_AHEAD": str(self._ahead)}

    def step(self, seconds: float) -> None:
        """Set the clock so far ahead of the right time, or behind it if negative."""
        with self._ahead.open("r+b" if self._ahead.exists() else "wb") as file:
            file.write(struct.pack("d", seconds))
