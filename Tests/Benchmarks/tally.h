// The events on the desktops, in a file that all of them and the benchmarks map.
#pragma once
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "die.h"

// The events. Their times are those of CLOCK_MONOTONIC, in nanoseconds.
enum event { READY, RAISED, CLOSED, EVENTS };

struct tally {
  // Of all desktops together. The process that brings a count to the awaited number writes a byte into the FIFO.
  _Atomic int64_t count[EVENTS], awaited[EVENTS];
  struct desktop {
    int64_t bus, server;  // process ids
    int64_t count[EVENTS], time[EVENTS];
  } desktops[];
};

static inline int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static inline struct tally *map_tally(const char *path) {
  int file = open(path, O_RDWR | O_CLOEXEC);
  off_t size = lseek(file, 0, SEEK_END);
  if (file < 0 || size < 0)
    die(path);
  void *tally = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (tally == MAP_FAILED)
    die(path);
  close(file);
  return tally;
}

static inline void note(struct tally *tally, int fifo, int index, enum event event) {
  struct desktop *desktop = &tally->desktops[index];
  desktop->time[event] = now();
  desktop->count[event]++;
  if (atomic_fetch_add(&tally->count[event], 1) + 1 == tally->awaited[event] && write(fifo, "", 1) != 1)
    die("write");
}
