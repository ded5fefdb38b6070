#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Whether it is a terminal. Only udev and the kernel make devices in /dev, by names of their own, and all devices on
// devpts are pseudo-terminals. So isatty(3), for which this program would have to be allowed ioctl(2), says no more.
static bool is_terminal(const char *name, const struct stat *file) {
  const unsigned int kind = major(file->st_rdev);
  const bool is_pseudo = kind >= UNIX98_PTY_SLAVE_MAJOR && kind < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
  return S_ISCHR(file->st_mode) && is_pseudo == (strncmp(name, "pts/", 4) == 0);
}

static struct msg_connect_reply outcome(enum msg_connect_fault fault, uint32_t detail) {
  return (struct msg_connect_reply){.fault = fault, .detail = detail};
}

// Writes once. A stopped terminal has no room, and may get room in the middle of a text that is written in parts.
static struct msg_connect_reply write_once(int terminal, const char *text, size_t size) {
  const ssize_t count = write(terminal, text, size);
  if (count < 0 && errno != EAGAIN)
    return outcome(MSG_CONNECT_FAILED, (uint32_t)errno);
  return count == (ssize_t)size ? outcome(MSG_CONNECT_WRITTEN, 0)
                                : outcome(MSG_CONNECT_FULL, count > 0 ? (uint32_t)count : 0);
}

// The owner of a terminal may open it whatever its mode, which says whether others may write there (mesg(1)).
static struct msg_connect_reply write_if_allowed(int terminal, const struct msg_connect_message *message) {
  const struct msg_connect_request *const request = &message->request;
  struct stat file;
  if (fstat(terminal, &file) != 0)
    return outcome(MSG_CONNECT_FAILED, (uint32_t)errno);
  if (!is_terminal(request->terminal, &file))
    return outcome(MSG_CONNECT_NO_TERMINAL, 0);
  if (file.st_uid != request->uid)
    return outcome(MSG_CONNECT_OTHERS_TERMINAL, file.st_uid);
  if (request->heeds_mesg && (file.st_mode & S_IWGRP) == 0)
    return outcome(MSG_CONNECT_MESG_N, 0);
  return write_once(terminal, message->text, request->text_size);
}

struct msg_connect_reply write_on_terminal(const struct msg_connect_message *message) {
  char path[sizeof "/dev/" + MSG_CONNECT_TERMINAL];
  snprintf(path, sizeof path, "/dev/%s", message->request.terminal);
  const int terminal = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (terminal < 0)
    return outcome(MSG_CONNECT_FAILED, (uint32_t)errno);
  const struct msg_connect_reply reply = write_if_allowed(terminal, message);
  close(terminal);
  return reply;
}
