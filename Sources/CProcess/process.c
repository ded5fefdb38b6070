#define _GNU_SOURCE
#include "CProcess.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

bool msg_is_running(uint32_t pid) {
  const int fd = pid == 0 ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (fd < 0)
    return false;
  struct pollfd event = {.fd = fd, .events = POLLIN}; // readable once the process has ended, even as a zombie
  const bool has_ended = poll(&event, 1, 0) != 0;
  close(fd);
  return !has_ended;
}
