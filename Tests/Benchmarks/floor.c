// The minimum work that raises popups on the desktops of the users FIRST … FIRST + COUNT - 1.
//
//   floor FIRST COUNT TEXT   one user after the other: connect as that user, Hello, Notify, its answer
//   floor FIRST COUNT        joins all buses, then for each line of its input calls Notify with that on all connections at once,
//                            and when all answers are there, prints the CPU time that took, in nanoseconds
//
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"

// Becomes a user while it connects, as msgd does, because the bus looks at the credentials of that moment.
static DBusConnection *join(uid_t user) {
  char address[64];
  snprintf(address, sizeof address, "unix:path=/run/user/%u/bus", user);
  if (setegid(user) || seteuid(user))
    die("seteuid");
  DBusConnection *bus = dbus_connection_open_private(address, NULL);
  if (!bus || !dbus_bus_register(bus, NULL))
    die(address);
  if (seteuid(0) || setegid(0))
    die("seteuid");
  return bus;
}

static void send_cold(uid_t first, int count, const char *text) {
  for (int index = 0; index < count; index++) {
    DBusConnection *bus = join(first + index);
    notify(bus, text);
    dbus_connection_close(bus);
    dbus_connection_unref(bus);
  }
}

static void send_warm(DBusConnection **buses, int count, const char *text, DBusPendingCall **answers) {
  for (int index = 0; index < count; index++) {
    DBusMessage *call = new_notify(text);
    if (!dbus_connection_send_with_reply(buses[index], call, &answers[index], -1))
      die("Notify");
    dbus_message_unref(call);
    dbus_connection_flush(buses[index]);
  }
  for (int index = 0; index < count; index++) {
    dbus_pending_call_block(answers[index]);
    dbus_pending_call_unref(answers[index]);
  }
}

static long long cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void serve_warm(uid_t first, int count) {
  DBusConnection **buses = calloc(count, sizeof *buses);
  DBusPendingCall **answers = calloc(count, sizeof *answers);
  for (int index = 0; index < count; index++)
    buses[index] = join(first + index);
  puts("ready");
  fflush(stdout);
  for (char line[256]; fgets(line, sizeof line, stdin);) {
    line[strcspn(line, "\n")] = 0;
    long long before = cpu();
    send_warm(buses, count, line, answers);
    printf("%lld\n", cpu() - before);
    fflush(stdout);
  }
}

int main(int count, char *arguments[]) {
  if (count == 4)
    send_cold(atoi(arguments[1]), atoi(arguments[2]), arguments[3]);
  else if (count == 3)
    serve_warm(atoi(arguments[1]), atoi(arguments[2]));
  else
    return EXIT_FAILURE;
}
