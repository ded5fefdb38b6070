#define _GNU_SOURCE
#include "worker.h"
#include "CDescriptors.h"
#include "errand.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE = 3 };

static size_t size_of(const struct msg_connect_message *message) {
  return sizeof message->request + message->request.text_size;
}

bool hand_over(int line, int client, const struct msg_connect_message *message) {
  return msg_send(line, message, size_of(message), &client, 1) == (ssize_t)size_of(message);
}

bool is_done(int line) {
  char byte;
  return recv(line, &byte, sizeof byte, MSG_DONTWAIT) == 1;
}

// Waits for a client. Ends the process if the parent has gone.
static int take_client(struct msg_connect_message *message) {
  int descriptors[MSG_MOST_DESCRIPTORS];
  size_t count;
  struct pollfd line = {.fd = LINE, .events = POLLIN};
  if (poll(&line, 1, -1) != 1)
    _exit(EXIT_SUCCESS);
  const ssize_t size = msg_receive(LINE, message, sizeof *message, descriptors, &count);
  if (size < (ssize_t)sizeof message->request || size != (ssize_t)size_of(message) || count != 1)
    _exit(EXIT_SUCCESS);
  return descriptors[0];
}

// Sets the name that ps(1) shows, so that it says for which user a hanging process works.
static void call_oneself(uid_t uid) {
  char name[sizeof "as 4294967295"];
  snprintf(name, sizeof name, "as %u", uid);
  prctl(PR_SET_NAME, name);
}

_Noreturn void work(int line, pid_t parent) {
  // Keeps nothing of other clients, in case this process is taken over.
  if (dup2(line, LINE) < 0 || syscall(SYS_close_range, LINE + 1, ~0U, 0) != 0)
    _exit(EXIT_FAILURE);
  for (;;) {
    prctl(PR_SET_NAME, "idle");
    static struct msg_connect_message message;
    const int client = take_client(&message);
    call_oneself(message.request.uid);
    struct msg_connect_reply reply;
    int descriptors[MSG_CONNECT_DESCRIPTORS];
    const size_t count = carry_out(&message, parent, &reply, descriptors);
    explicit_bzero(message.text, message.request.text_size);
    // Sent before the answer. A client that has the answer may hang up, which the parent must not mistake for giving
    // up.
    if (send(LINE, "", 1, MSG_NOSIGNAL) != 1)
      _exit(EXIT_FAILURE);
    msg_connect_answer(client, reply, descriptors, count);
    // Closes everything of this client's.
    if (syscall(SYS_close_range, LINE + 1, ~0U, 0) != 0)
      _exit(EXIT_FAILURE);
  }
}
