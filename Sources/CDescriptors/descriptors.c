#define _GNU_SOURCE // MSG_CMSG_CLOEXEC
#include "CDescriptors.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// All parts together have at most MSG_MOST_DESCRIPTORS, because the kernel leaves out what doesn't fit.
static size_t take(struct msghdr *message, int *descriptors) {
  size_t count = 0;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    const size_t more = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors + count, CMSG_DATA(part), more * sizeof(int));
    count += more;
  }
  return count;
}

ssize_t msg_receive(int socket, void *buffer, size_t size, int *descriptors, size_t *count) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * MSG_MOST_DESCRIPTORS)];
    struct cmsghdr aligned;
  } control;
  struct iovec portion = {.iov_base = buffer, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &portion, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *count = 0;
  const ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0)
    return length;
  *count = take(&message, descriptors);
  if ((message.msg_flags & MSG_CTRUNC) != 0)
    while (*count > 0)
      close(descriptors[--*count]);
  return length;
}

ssize_t msg_send(int socket, const void *bytes, size_t size, const int *descriptors, size_t count) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * MSG_MOST_DESCRIPTORS)];
    struct cmsghdr aligned;
  } control = {{0}};
  struct iovec portion = {.iov_base = (void *)bytes, .iov_len = size}; // sendmsg(2) only reads it
  struct msghdr message = {.msg_iov = &portion, .msg_iovlen = 1};
  if (count > 0) {
    const size_t length = count * sizeof *descriptors;
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(length);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    *part = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(length)};
    memcpy(CMSG_DATA(part), descriptors, length);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
