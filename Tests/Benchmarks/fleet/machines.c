// Many machines of a fleet in one process: each a client of the broker, with TLS, which answers a message as msg-relay
// does when a popup stands.
//
//   machines HOST PORT CA FLEET COUNT [PREFIX]
//
// The broker takes their user names without a password, so that ten thousand certificates need not be made. Its access
// control list is in force all the same. Prints "ready" when all are subscribed and the broker has their presences, and
// a line for each message that all of them have answered. Ends with standard input.
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ID_LENGTH = 36, EVENTS = 512, CONNECTING_AT_ONCE = 200 };
// Seconds: an agent's own keep-alive, which the broker may lower, and how often it is looked at whether one is due.
enum { KEEP_ALIVE = 60, LOOK = 20 };

typedef struct {
  struct mosquitto *client;
  int number;
  int descriptor;
  bool wants_write;
  bool is_present; // the broker has its presence
} machine;

static machine *machines;
static int count, poll_set, present;
static const char *fleet, *prefix = "sim";
static long answered;

static void die(const char *what, int result) {
  fprintf(stderr, "machines: %s: %s\n", what, result == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(result));
  exit(1);
}

static void check(const char *what, int result) {
  if (result != MOSQ_ERR_SUCCESS)
    die(what, result);
}

static void on_connect(
    struct mosquitto *client, void *owner, int code, int flags, const mosquitto_property *properties) {
  const machine *self = owner;
  (void)flags, (void)properties;
  if (code != 0) {
    fprintf(stderr, "machines: %s%05d is refused: %s\n", prefix, self->number, mosquitto_reason_string(code));
    exit(1);
  }
  char own[128], all[128], topic[128], presence[256];
  snprintf(own, sizeof own, "msg/1/machine/%s%05d/+", prefix, self->number);
  snprintf(all, sizeof all, "msg/1/fleet/%s/+", fleet);
  char *filters[] = {own, all};
  check("subscribe", mosquitto_subscribe_multiple(client, NULL, 2, filters, 1, 0, NULL));
  snprintf(topic, sizeof topic, "msg/1/presence/%s%05d", prefix, self->number);
  const int length = snprintf(
      presence, sizeof presence, "{\"agent\":\"0.1.0\",\"fleets\":[\"%s\"],\"since\":%ld,\"state\":\"online\",\"v\":1}",
      fleet, (long)time(NULL));
  check("publish", mosquitto_publish_v5(client, NULL, topic, length, presence, 1, true, NULL));
}

static void on_subscribe(
    struct mosquitto *client, void *owner, int id, int filters, const int *granted,
    const mosquitto_property *properties) {
  (void)client, (void)owner, (void)id, (void)properties;
  for (int index = 0; index < filters; index++)
    if (granted[index] >= 0x80)
      die("a subscription is refused", MOSQ_ERR_ACL_DENIED);
}

static void on_publish(
    struct mosquitto *client, void *owner, int id, int reason, const mosquitto_property *properties) {
  machine *self = owner;
  (void)client, (void)id, (void)properties;
  if (reason >= 0x80)
    die("the broker refuses what a machine says", MOSQ_ERR_ACL_DENIED);
  if (self->is_present)
    return; // a receipt
  self->is_present = true;
  if (++present == count) {
    puts("ready");
    fflush(stdout);
  }
}

static void on_message(
    struct mosquitto *client, void *owner, const struct mosquitto_message *message,
    const mosquitto_property *properties) {
  const machine *self = owner;
  (void)properties;
  const char *sender = strrchr(message->topic, '/') + 1;
  const char *id = memmem(message->payload, (size_t)message->payloadlen, "\"id\":\"", 6);
  if (id == NULL || id + 6 + ID_LENGTH > (char *)message->payload + message->payloadlen)
    return;
  id += 6;
  char topic[256], receipt[512];
  snprintf(topic, sizeof topic, "msg/1/receipt/%s/%.*s/%s%05d", sender, ID_LENGTH, id, prefix, self->number);
  const int length = snprintf(
      receipt, sizeof receipt,
      "{\"at\":%ld,\"deliveries\":[[\"3\",\"alice\",1000,\"shown\",{\"by\":\"popup\",\"session-name\":\"seat0\","
      "\"timeout\":60,\"user-name\":\"alice\"}]],\"id\":\"%.*s\",\"number\":0,\"stage\":\"sent\",\"v\":1}",
      (long)time(NULL), ID_LENGTH, id);
  check("publish", mosquitto_publish_v5(client, NULL, topic, length, receipt, 1, false, NULL));
  if (++answered % count == 0) {
    printf("answered %ld\n", answered / count);
    fflush(stdout);
  }
}

static void watch(machine *self) {
  const bool wants_write = mosquitto_want_write(self->client);
  const int descriptor = mosquitto_socket(self->client);
  if (descriptor < 0) {
    fprintf(stderr, "machines: %s%05d has lost its connection\n", prefix, self->number);
    exit(1);
  }
  if (self->descriptor == descriptor && self->wants_write == wants_write)
    return;
  struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u), .data.ptr = self};
  const int action = self->descriptor == descriptor ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(poll_set, action, descriptor, &event) != 0)
    die("epoll_ctl", MOSQ_ERR_ERRNO);
  self->descriptor = descriptor;
  self->wants_write = wants_write;
}

static void start(machine *self, int number, const char *host, int port, const char *authorities) {
  char name[64];
  snprintf(name, sizeof name, "%s%05d", prefix, number);
  *self = (machine){.client = mosquitto_new(name, true, self), .number = number, .descriptor = -1};
  if (self->client == NULL)
    die("mosquitto_new", MOSQ_ERR_ERRNO);
  check("protocol", mosquitto_int_option(self->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5));
  check("name", mosquitto_username_pw_set(self->client, name, NULL));
  check("tls", mosquitto_tls_set(self->client, authorities, NULL, NULL, NULL, NULL));
  mosquitto_connect_v5_callback_set(self->client, on_connect);
  mosquitto_subscribe_v5_callback_set(self->client, on_subscribe);
  mosquitto_publish_v5_callback_set(self->client, on_publish);
  mosquitto_message_v5_callback_set(self->client, on_message);
  check("connect", mosquitto_connect_bind_v5(self->client, host, port, KEEP_ALIVE, NULL, NULL));
  watch(self);
}

// Sends the keep-alives that are due.
static void keep_alive(int started) {
  static time_t next;
  const time_t now = time(NULL);
  if (now < next)
    return;
  next = now + LOOK;
  for (int index = 0; index < started; index++) {
    check("keep-alive", mosquitto_loop_misc(machines[index].client));
    watch(&machines[index]);
  }
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: machines HOST PORT CA FLEET COUNT [PREFIX]\n");
    return 64;
  }
  fleet = argv[4];
  count = atoi(argv[5]);
  if (argc > 6)
    prefix = argv[6];
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  mosquitto_lib_init();
  machines = calloc((size_t)count, sizeof *machines);
  poll_set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event input = {.events = EPOLLIN | EPOLLHUP, .data.ptr = NULL};
  epoll_ctl(poll_set, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  int started = 0;
  for (;;) {
    while (started < count && started - present < CONNECTING_AT_ONCE) {
      start(&machines[started], started, argv[1], atoi(argv[2]), argv[3]);
      started++;
    }
    struct epoll_event events[EVENTS];
    const int ready = epoll_wait(poll_set, events, EVENTS, 1000);
    for (int index = 0; index < ready; index++) {
      machine *self = events[index].data.ptr;
      if (self == NULL)
        return 0; // whoever measures has ended
      int result = MOSQ_ERR_SUCCESS;
      if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        result = mosquitto_loop_read(self->client, 1);
      if (result == MOSQ_ERR_SUCCESS && mosquitto_want_write(self->client))
        result = mosquitto_loop_write(self->client, 1);
      if (result != MOSQ_ERR_SUCCESS)
        die("a connection", result);
      watch(self);
    }
    keep_alive(started);
  }
}
