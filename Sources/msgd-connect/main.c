// msgd-connect: does for msgd what needs another user's rights, and nothing else (see CConnect.h).
//
// systemd starts it when msgd makes a request, with the socket as descriptor 3 (sd_listen_fds(3)). This process waits
// for requests and hands them to workers, one at a time to each. A worker may hang as long as the user likes, in a file
// system of the user's. It is given up when its time is over, or when msgd gives up.
//
// Idle workers stay, and so does this process, until systemd ends both with msgd. A session bus may be asked at any
// time which process made msgd's connection. If that process has ended, dbus-daemon 1.15.8 and later have no answer,
// and GNOME Shell, which asks before each popup, then has none for msgd. So each user has workers of their own, unless
// there are too many users. Then a worker may serve others, too, but is not killed for them.
#define _GNU_SOURCE
#include "worker.h"

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
  // Further clients wait in the socket's queue.
  MOST_CLIENTS = 256,
  // For all users together, and for each one.
  MOST_WORKERS = 128,
  MOST_WORKERS_FOR_USER = 3,
  // In milliseconds.
  TIME_TO_ASK = 1000,
  TIME_TO_WAIT = 10000,
};

// A client that no worker serves yet.
struct client {
  int socket;
  int64_t deadline; // in milliseconds of CLOCK_MONOTONIC
  bool has_asked;
  struct msg_connect_message message;
};

struct worker {
  int process; // a pidfd
  int line;    // see worker.h
  uid_t owner; // the first user for whom it worked
  uid_t uid;   // the user for whom it works; 0 while it is idle
  int client;  // -1 while it is idle, and after it was given up
  int64_t deadline;
  bool is_shared; // it has worked for others than its owner
  bool is_killed;
};

static struct client clients[MOST_CLIENTS];
static size_t client_count;
static struct worker workers[MOST_WORKERS];
static size_t worker_count;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static _Noreturn void give_up(const char *what) {
  fprintf(stderr, "msgd-connect: %s: %s\n", what, strerror(errno));
  exit(EXIT_FAILURE);
}

static void refuse(int client, enum msg_connect_fault fault, int error) {
  msg_connect_answer(client, (struct msg_connect_reply){.fault = fault, .detail = (uint32_t)error}, NULL, 0);
  close(client);
}

// --- clients ---------------------------------------------------------------------------------------------------------

static void accept_client(void) {
  const int socket = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
      give_up("can't accept a connection");
    return;
  }
  clients[client_count++] = (struct client){.socket = socket, .deadline = now() + TIME_TO_ASK};
}

// The last client takes the removed one's place. Nothing of its text is left where it was.
static void remove_client(size_t index) {
  clients[index] = clients[--client_count];
  explicit_bzero(&clients[client_count].message, sizeof clients->message);
}

// Requests have no descriptors. The kernel closes those for which there is no room.
static void read_request(size_t index) {
  struct client *client = &clients[index];
  struct iovec bytes = {.iov_base = &client->message, .iov_len = sizeof client->message};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  const ssize_t size = recvmsg(client->socket, &message, MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size <= 0) {
    close(client->socket);
    remove_client(index);
    return;
  }
  const bool has_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
  struct msg_connect_request request;
  const enum msg_connect_fault fault =
      has_descriptors ? MSG_CONNECT_NO_REQUEST : msg_connect_check(&client->message, (size_t)size, &request);
  if (fault == MSG_CONNECT_DONE) {
    client->has_asked = true;
    client->deadline = now() + TIME_TO_WAIT;
  } else {
    refuse(client->socket, fault, 0);
    remove_client(index);
  }
}

// --- workers ---------------------------------------------------------------------------------------------------------

static size_t workers_for(uid_t uid) {
  size_t number = 0;
  for (size_t i = 0; i < worker_count; i++)
    number += workers[i].uid == uid;
  return number;
}

static struct worker *start_worker(uid_t owner) {
  int lines[2];
  if (worker_count == MOST_WORKERS || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0)
    return NULL;
  const pid_t parent = getpid(), process = fork();
  if (process == 0)
    work(lines[1], parent);
  close(lines[1]);
  if (process < 0) {
    close(lines[0]);
    return NULL;
  }
  const int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  if (descriptor < 0)
    give_up("can't watch a process"); // it ends with this one
  workers[worker_count] = (struct worker){.process = descriptor, .line = lines[0], .owner = owner, .client = -1};
  return &workers[worker_count++];
}

// Returns an idle worker: the user's own, a new one, or another user's. If there is none, the client waits until one is
// free.
static struct worker *idle_worker(uid_t uid) {
  struct worker *others = NULL;
  for (size_t i = 0; i < worker_count; i++) {
    if (workers[i].uid != 0)
      continue;
    if (workers[i].owner == uid)
      return &workers[i];
    others = &workers[i];
  }
  struct worker *const worker = start_worker(uid);
  if (worker == NULL && worker_count == 0)
    give_up("can't start a process");
  return worker != NULL ? worker : others;
}

static void kill_worker(struct worker *worker) {
  syscall(SYS_pidfd_send_signal, worker->process, SIGKILL, NULL, 0);
  worker->is_killed = true;
}

// Gives up a worker. It counts for its user until it ends or is done. One that waits in a file system can't always be
// killed, and one that is shared must stay for the connections that it has made.
static void give_up_on(struct worker *worker, enum msg_connect_fault fault) {
  if (!worker->is_shared)
    kill_worker(worker);
  refuse(worker->client, fault, 0);
  worker->client = -1;
}

static void hand_over_clients(void) {
  for (size_t i = 0; i < client_count;) {
    const struct client *client = &clients[i];
    struct worker *worker = NULL;
    if (client->has_asked && workers_for(client->message.request.uid) < MOST_WORKERS_FOR_USER)
      worker = idle_worker(client->message.request.uid);
    if (worker == NULL) {
      i++;
      continue;
    }
    worker->uid = client->message.request.uid;
    worker->is_shared |= worker->uid != worker->owner;
    if (hand_over(worker->line, client->socket, &client->message)) {
      worker->client = client->socket;
      worker->deadline = client->deadline;
      remove_client(i);
    } else {
      kill_worker(worker); // it is of no use any more; another one will be
    }
  }
}

// Ends the work for a client. The worker has answered, or is about to. A worker that was killed just before dies all
// the same.
static void end_work(struct worker *worker) {
  if (!is_done(worker->line) || worker->is_killed)
    return;
  if (worker->client >= 0)
    close(worker->client);
  worker->client = -1;
  worker->uid = 0;
}

// Removes a worker that has ended. The last worker takes its place.
static void end_worker(size_t index) {
  struct worker *worker = &workers[index];
  siginfo_t end = {0};
  if (waitid(P_PIDFD, (id_t)worker->process, &end, WEXITED | WNOHANG) != 0 || end.si_pid == 0)
    return;
  if (worker->client >= 0)
    refuse(worker->client, MSG_CONNECT_FAILED, ECHILD);
  close(worker->process);
  close(worker->line);
  *worker = workers[--worker_count];
}

// --- the loop --------------------------------------------------------------------------------------------------------

enum { POLLED_OF_WORKER = 3 };

static struct pollfd polled[1 + MOST_CLIENTS + POLLED_OF_WORKER * MOST_WORKERS];

// Returns the time in milliseconds; -1 if there is no deadline.
static int time_to_next_deadline(void) {
  int64_t next = INT64_MAX;
  for (size_t i = 0; i < client_count; i++)
    if (clients[i].deadline < next)
      next = clients[i].deadline;
  for (size_t i = 0; i < worker_count; i++)
    if (workers[i].client >= 0 && workers[i].deadline < next)
      next = workers[i].deadline;
  if (next == INT64_MAX)
    return -1;
  const int64_t left = next - now();
  return left > 0 ? (int)left : 0;
}

static void wait_for_events(void) {
  struct pollfd *next = polled;
  *next++ = (struct pollfd){.fd = client_count < MOST_CLIENTS ? LISTENER : -1, .events = POLLIN};
  // A client that has made its request can only hang up, which poll(2) always reports.
  for (size_t i = 0; i < client_count; i++)
    *next++ = (struct pollfd){.fd = clients[i].socket, .events = clients[i].has_asked ? 0 : POLLIN};
  for (size_t i = 0; i < worker_count; i++) {
    *next++ = (struct pollfd){.fd = workers[i].line, .events = POLLIN};
    *next++ = (struct pollfd){.fd = workers[i].process, .events = POLLIN};
    *next++ = (struct pollfd){.fd = workers[i].client};
  }
  const int number = poll(polled, (nfds_t)(next - polled), time_to_next_deadline());
  if (number < 0 && errno != EINTR)
    give_up("can't wait for requests");
  if (number < 0)
    for (struct pollfd *each = polled; each < next; each++)
      each->revents = 0;
}

static void handle_client(size_t index, short happened) {
  if (happened != 0 && !clients[index].has_asked) {
    read_request(index);
  } else if (happened != 0 || clients[index].deadline <= now()) {
    refuse(clients[index].socket, MSG_CONNECT_TIMED_OUT, 0);
    remove_client(index);
  }
}

static void handle_worker(size_t index, const struct pollfd *happened) {
  struct worker *worker = &workers[index];
  if (happened[0].revents != 0)
    end_work(worker);
  if (happened[1].revents != 0)
    end_worker(index);
  else if (worker->client >= 0 && (happened[2].revents != 0 || worker->deadline <= now()))
    give_up_on(worker, MSG_CONNECT_TIMED_OUT);
}

// Goes from the last to the first, because the one that takes a removed one's place has been handled then.
static void handle_events(void) {
  const struct pollfd *of_clients = polled + 1, *of_workers = of_clients + client_count;
  for (size_t i = worker_count; i-- > 0;)
    handle_worker(i, of_workers + POLLED_OF_WORKER * i);
  for (size_t i = client_count; i-- > 0;)
    handle_client(i, of_clients[i].revents);
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
  // No core dumps, and no attaching with ptrace(2). Workers inherit it (prctl(2)).
  prctl(PR_SET_DUMPABLE, 0);
  for (;;) {
    wait_for_events();
    handle_events();
    hand_over_clients();
  }
}
