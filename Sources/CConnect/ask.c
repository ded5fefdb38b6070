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

int msg_connect_take(int asked, struct msg_connect_reply *reply, int *descriptor) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct iovec bytes = {.iov_base = reply, .iov_len = sizeof *reply};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  *descriptor = -1;
  const ssize_t count = recvmsg(asked, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  if (part != NULL && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
      part->cmsg_len == CMSG_LEN(sizeof(int)))
    memcpy(descriptor, CMSG_DATA(part), sizeof(int));
  const bool is_whole = count == (ssize_t)sizeof *reply && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  if (is_whole && (reply->fault == MSG_CONNECT_DONE) == (*descriptor >= 0))
    return 0;
  if (*descriptor >= 0)
    close(*descriptor);
  *descriptor = -1;
  return -ECONNRESET;
}
