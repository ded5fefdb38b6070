#define _GNU_SOURCE
#include "CConnect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int msg_connect_ask(const char *socket_name, const struct msg_connect_request *request) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(socket_name) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, socket_name);
  const int asked = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (asked < 0)
    return -errno;
  if (connect(asked, (struct sockaddr *)&address, sizeof address) == 0 &&
      send(asked, request, sizeof *request, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *request)
    return asked;
  const int error = errno;
  close(asked);
  return -error;
}

static void close_all(const int *descriptors, size_t count) {
  for (size_t i = 0; i < count; i++)
    close(descriptors[i]);
}

int msg_connect_take(int asked, struct msg_connect_reply *reply, int descriptors[MSG_CONNECT_DESCRIPTORS]) {
  union {
    char bytes[CMSG_SPACE(MSG_CONNECT_DESCRIPTORS * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct iovec bytes = {.iov_base = reply, .iov_len = sizeof *reply};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  const ssize_t size = recvmsg(asked, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  size_t count = 0;
  if (part != NULL && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
    count = (part->cmsg_len - CMSG_LEN(0)) / sizeof *descriptors; // no more than there was room for
    memcpy(descriptors, CMSG_DATA(part), count * sizeof *descriptors);
  }
  if (size == (ssize_t)sizeof *reply && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
    return (int)count;
  close_all(descriptors, count);
  return -ECONNRESET;
}
