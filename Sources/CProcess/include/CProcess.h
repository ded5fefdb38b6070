#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether a process runs: false for 0, and for one that has ended, whether anybody has taken note of that or not.
bool msg_is_running(uint32_t pid);
