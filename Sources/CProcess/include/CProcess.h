#pragma once
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>

/// Whether a process runs. False for 0, and for a process that has ended, even if nobody has waited for it.
bool msg_is_running(uint32_t pid);

/// Lets the kernel take the pages of this program's code, which come back from its file when they are needed. It maps
/// many around each one that is (fault_around_bytes), and starting takes most of the code.
void msg_release_code(void);

// As glibc declares them with _GNU_SOURCE, which Swift's module of glibc doesn't define: what one thread opens must not
// leak into the children of another.
int pipe2(int ends[2], int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
