#define _GNU_SOURCE
#include "CConnect.h"
#include "CDescriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int msg_connect_ask(const char *socket_name, const struct msg_connect_request *request, const void *text) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(socket_name) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, socket_name);
  const int asked = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (asked < 0)
    return -errno;
  struct iovec parts[] = {{(void *)(uintptr_t)request, sizeof *request}, {(void *)(uintptr_t)text, request->text_size}};
  const struct msghdr message = {.msg_iov = parts, .msg_iovlen = sizeof parts / sizeof *parts};
  const ssize_t size = (ssize_t)(sizeof *request + request->text_size);
  if (connect(asked, (struct sockaddr *)&address, sizeof address) == 0 &&
      sendmsg(asked, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == size)
    return asked;
  const int error = errno;
  close(asked);
  return -error;
}

int msg_connect_take(int asked, struct msg_connect_reply *reply, int descriptors[MSG_CONNECT_DESCRIPTORS]) {
  struct {
    struct msg_connect_reply reply;
    char more; // whether there is more
  } message;
  int found[MSG_MOST_DESCRIPTORS];
  size_t count;
  const ssize_t size = msg_receive(asked, &message, sizeof message, found, &count);
  if (size < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  *reply = message.reply;
  const bool is_whole = size == (ssize_t)sizeof *reply && count <= MSG_CONNECT_DESCRIPTORS;
  if (is_whole && (count > 0 || reply->fault != MSG_CONNECT_DONE)) {
    memcpy(descriptors, found, count * sizeof *found);
    return (int)count;
  }
  while (count > 0)
    close(found[--count]);
  return -ECONNRESET;
}
