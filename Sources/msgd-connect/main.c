// msgd-connect: does for msgd what needs another user's rights, and nothing else (see CConnect.h).
//
// Started by systemd when msgd asks, with the socket as descriptor 3 (sd_listen_fds(3)). It waits for requests in one
// thread, and carries out each in a process of its own, which may hang for as long as the user likes: in a file system of
// theirs. It is ended when its time is over, or when msgd asks no longer.
#define _GNU_SOURCE
#include "errand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  LISTENER = 3,
  // Who asks more than that waits in the socket's queue.
  MOST_CLIENTS = 256,
  // Of all users, and of each one.
  MOST_ERRANDS = 128,
  MOST_ERRANDS_OF_USER = 3,
  // In milliseconds.
  TIME_TO_ASK = 1000,
  TIME_TO_WAIT = 10000,
  IDLE_TIME = 30000,
};

struct client {
  int socket;
  int64_t deadline; // in milliseconds of CLOCK_MONOTONIC
  bool has_asked;
  struct msg_connect_request request;
  int errand; // its pidfd; -1 before and after
};

static struct client clients[MOST_CLIENTS];
static size_t count;
static size_t errands;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static _Noreturn void give_up(const char *what) {
  fprintf(stderr, "msgd-connect: %s: %s\n", what, strerror(errno));
  exit(EXIT_FAILURE);
}

// --- clients ---------------------------------------------------------------------------------------------------------

static void accept_client(void) {
  const int socket = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
      give_up("can't accept a connection");
    return;
  }
  clients[count++] = (struct client){.socket = socket, .deadline = now() + TIME_TO_ASK, .errand = -1};
}

// The last one takes its place.
static void remove_client(size_t index) {
  close(clients[index].socket);
  clients[index] = clients[--count];
}

static void refuse(size_t index, enum msg_connect_fault fault, int error) {
  msg_connect_answer(clients[index].socket, (struct msg_connect_reply){.fault = fault, .detail = (uint32_t)error}, -1);
  remove_client(index);
}

// No request comes with descriptors: the kernel closes those that there is no room for.
static void read_request(size_t index) {
  struct client *client = &clients[index];
  struct iovec bytes = {.iov_base = &client->request, .iov_len = sizeof client->request};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  const ssize_t size = recvmsg(client->socket, &message, MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size <= 0) {
    remove_client(index);
    return;
  }
  const bool has_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
  struct msg_connect_request request;
  const enum msg_connect_fault fault =
      has_descriptors ? MSG_CONNECT_NO_REQUEST : msg_connect_check(&client->request, (size_t)size, &request);
  if (fault == MSG_CONNECT_DONE) {
    client->has_asked = true;
    client->deadline = now() + TIME_TO_WAIT;
  } else {
    refuse(index, fault, 0);
  }
}

// --- errands ---------------------------------------------------------------------------------------------------------

static size_t errands_of(uid_t uid) {
  size_t number = 0;
  for (size_t i = 0; i < count; i++)
    number += clients[i].errand >= 0 && clients[i].request.uid == uid;
  return number;
}

static _Noreturn void run_errand(const struct client *client, pid_t parent) {
  // Nothing of the others', should this process be taken over.
  const int socket = dup2(client->socket, LISTENER);
  if (socket < 0 || syscall(SYS_close_range, LISTENER + 1, ~0U, 0) != 0)
    _exit(EXIT_FAILURE);
  struct msg_connect_reply answer = {0};
  const int descriptor = carry_out(&client->request, parent, &answer);
  msg_connect_answer(socket, answer, descriptor);
  _exit(EXIT_SUCCESS);
}

// Returns whether the client is still there.
static bool start_errand(size_t index) {
  struct client *client = &clients[index];
  const pid_t parent = getpid(), process = fork();
  if (process == 0)
    run_errand(client, parent);
  if (process < 0) {
    refuse(index, MSG_CONNECT_FAILED, errno);
    return false;
  }
  client->errand = (int)syscall(SYS_pidfd_open, process, 0);
  if (client->errand < 0)
    give_up("can't watch a process"); // systemd ends that one, too
  errands++;
  return true;
}

static bool may_start(const struct client *client) {
  return client->has_asked && client->errand < 0 && errands_of(client->request.uid) < MOST_ERRANDS_OF_USER;
}

static void start_errands(void) {
  for (size_t i = 0; i < count && errands < MOST_ERRANDS;)
    if (!may_start(&clients[i]) || start_errand(i))
      i++;
}

// One that was killed hasn't replied.
static void end_errand(size_t index) {
  struct client *client = &clients[index];
  siginfo_t end = {0};
  if (waitid(P_PIDFD, (id_t)client->errand, &end, WEXITED | WNOHANG) != 0 || end.si_pid == 0)
    return;
  close(client->errand);
  client->errand = -1;
  errands--;
  if (end.si_code == CLD_EXITED && end.si_status == EXIT_SUCCESS)
    remove_client(index);
  else if (client->deadline <= now())
    refuse(index, MSG_CONNECT_TIMED_OUT, 0);
  else
    refuse(index, MSG_CONNECT_FAILED, ECHILD);
}

// Its end is noticed like any other.
static void kill_errand(const struct client *client) { syscall(SYS_pidfd_send_signal, client->errand, SIGKILL, NULL, 0); }

static void give_up_on(size_t index, enum msg_connect_fault fault) {
  if (clients[index].errand >= 0)
    kill_errand(&clients[index]);
  else
    refuse(index, fault, 0);
}

// --- the loop --------------------------------------------------------------------------------------------------------

static struct pollfd polled[1 + 2 * MOST_CLIENTS];

static int time_to_next_deadline(void) {
  int64_t next = now() + IDLE_TIME;
  for (size_t i = 0; i < count; i++)
    if (clients[i].deadline < next)
      next = clients[i].deadline;
  const int64_t left = next - now();
  return left > 0 ? (int)left : 0;
}

static bool wait_for_events(void) {
  polled[0] = (struct pollfd){.fd = count < MOST_CLIENTS ? LISTENER : -1, .events = POLLIN};
  for (size_t i = 0; i < count; i++) {
    // Of one that has asked, that it hangs up; that is always told.
    polled[1 + 2 * i] = (struct pollfd){.fd = clients[i].socket, .events = clients[i].has_asked ? 0 : POLLIN};
    polled[2 + 2 * i] = (struct pollfd){.fd = clients[i].errand, .events = POLLIN};
  }
  const int number = poll(polled, (nfds_t)(1 + 2 * count), time_to_next_deadline());
  if (number < 0 && errno != EINTR)
    give_up("can't wait for requests");
  if (number < 0)
    for (size_t i = 0; i < 1 + 2 * count; i++)
      polled[i].revents = 0;
  return number != 0 || count != 0;
}

// From the last to the first: the one that takes a removed one's place is done already.
static void handle_events(void) {
  for (size_t i = count; i-- > 0;) {
    const short asked = polled[1 + 2 * i].revents, ended = polled[2 + 2 * i].revents;
    if (ended != 0)
      end_errand(i);
    else if (clients[i].has_asked && asked != 0)
      give_up_on(i, MSG_CONNECT_FAILED);
    else if (asked != 0)
      read_request(i);
    else if (clients[i].deadline <= now())
      give_up_on(i, MSG_CONNECT_TIMED_OUT);
  }
  if (polled[0].revents != 0)
    accept_client();
}

static bool is_given_a_socket(void) {
  const char *process = getenv("LISTEN_PID"), *number = getenv("LISTEN_FDS");
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  return process != NULL && number != NULL && atol(process) == getpid() && strcmp(number, "1") == 0 &&
         getsockopt(LISTENER, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
         getsockopt(LISTENER, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

int main(void) {
  if (!is_given_a_socket()) {
    fputs("msgd-connect: there is no socket to serve: systemd starts this program (msgd-connect.socket)\n", stderr);
    return 64; // EX_USAGE
  }
  // Children inherit it; it doesn't say what processes are there (prctl(2)).
  prctl(PR_SET_DUMPABLE, 0);
  while (wait_for_events()) {
    handle_events();
    start_errands();
  }
  return EXIT_SUCCESS;
}
