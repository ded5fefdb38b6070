#define _GNU_SOURCE
#include "worker.h"
#include "errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE = 3 };

union control {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr aligned;
};

bool hand_over(int line, int client, const struct msg_connect_request *request) {
  union control control = {0};
  struct msg_connect_request copy = *request;
  struct iovec bytes = {.iov_base = &copy, .iov_len = sizeof copy};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  *part = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(part), &client, sizeof client);
  return sendmsg(line, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof copy;
}

bool is_done(int line) {
  char byte;
  return recv(line, &byte, sizeof byte, MSG_DONTWAIT) == 1;
}

// Waits for a client. Ends when the parent is gone.
static int take_client(struct msg_connect_request *request) {
  union control control;
  struct iovec bytes = {.iov_base = request, .iov_len = sizeof *request};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  const ssize_t size = recvmsg(LINE, &message, MSG_CMSG_CLOEXEC);
  const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
  if (size != (ssize_t)sizeof *request || part == NULL || part->cmsg_type != SCM_RIGHTS)
    _exit(EXIT_SUCCESS);
  int client;
  memcpy(&client, CMSG_DATA(part), sizeof client);
  return client;
}

// What ps(1) shows: for whom a process works that hangs.
static void call_oneself(uid_t uid) {
  char name[sizeof "as 4294967295"];
  snprintf(name, sizeof name, "as %u", uid);
  prctl(PR_SET_NAME, name);
}

_Noreturn void work(int line, pid_t parent) {
  // Nothing of the others', should this process be taken over.
  if (dup2(line, LINE) < 0 || syscall(SYS_close_range, LINE + 1, ~0U, 0) != 0)
    _exit(EXIT_FAILURE);
  for (;;) {
    prctl(PR_SET_NAME, "idle");
    struct msg_connect_request request;
    const int client = take_client(&request);
    call_oneself(request.uid);
    struct msg_connect_reply reply;
    int descriptors[MSG_CONNECT_DESCRIPTORS];
    const size_t count = carry_out(&request, parent, &reply, descriptors);
    // Before the answer: who has it may hang up, which isn't to be taken for impatience.
    if (send(LINE, "", 1, MSG_NOSIGNAL) != 1)
      _exit(EXIT_FAILURE);
    msg_connect_answer(client, reply, descriptors, count);
    // All that there was for this one.
    if (syscall(SYS_close_range, LINE + 1, ~0U, 0) != 0)
      _exit(EXIT_FAILURE);
  }
}
