// The end of a program that can't go on.
#pragma once
#include <stdio.h>
#include <stdlib.h>

static inline void die(const char *what) {
  perror(what);
  exit(EXIT_FAILURE);
}
