#define _GNU_SOURCE
#include "CConnect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static bool send_reply(int client, struct msg_connect_reply reply, const int *descriptors, size_t count) {
  union {
    char bytes[CMSG_SPACE(MSG_CONNECT_DESCRIPTORS * sizeof(int))];
    struct cmsghdr aligned;
  } control = {0};
  struct iovec bytes = {.iov_base = &reply, .iov_len = sizeof reply};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (count > 0) {
    const size_t size = count * sizeof *descriptors;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    *part = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(size)};
    memcpy(CMSG_DATA(part), descriptors, size);
  }
  return sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void msg_connect_answer(int client, struct msg_connect_reply reply, const int *descriptors, size_t count) {
  // The kernel takes no descriptor where too many of this user's wait to be read (unix(7), ETOOMANYREFS).
  if (!send_reply(client, reply, descriptors, count) && count > 0)
    send_reply(client, (struct msg_connect_reply){.fault = MSG_CONNECT_FAILED, .detail = (uint32_t)errno}, NULL, 0);
}
