#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether a process runs. False for 0, and for a process that has ended, even if nobody has waited for it.
bool msg_is_running(uint32_t pid);
