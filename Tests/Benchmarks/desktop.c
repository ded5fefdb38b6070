// A user's desktop without a screen: the user's own dbus-daemon with a notification server, and the part of the user's
// systemd that msgd calls. Run as that user, with DBUS_SESSION_BUS_ADDRESS and the environment of a session: desktop
// TALLY FIFO INDEX.
#include <dbus/dbus.h>
#include <stdio.h>
#include <string.h>

#include "tally.h"

#define NOTIFICATIONS "org.freedesktop.Notifications"
#define MANAGER "org.freedesktop.systemd1.Manager"

static struct tally *tally;
static int fifo, place;

static pid_t start_bus(const char *address) {
  int output[2];
  if (pipe(output))
    die("pipe");
  pid_t bus = fork();
  if (bus == 0) {
    char listen[256], print[32];
    snprintf(listen, sizeof listen, "--address=%s", address);
    snprintf(print, sizeof print, "--print-address=%d", output[1]);
    execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog", listen, print, NULL);
    die("dbus-daemon");
  }
  char line;
  close(output[1]);
  if (bus < 0 || read(output[0], &line, 1) != 1)  // it prints its address when it listens
    die("dbus-daemon");
  close(output[0]);
  return bus;
}

static DBusMessage *capabilities(DBusMessage *call) {
  static const char *names[] = {"actions", "body", "body-markup", "icon-static", "persistence"}, **list = names;
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_message_append_args(reply, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &list, 5, DBUS_TYPE_INVALID);
  return reply;
}

static DBusMessage *information(DBusMessage *call) {
  const char *name = "desktop", *vendor = "bench", *version = "1", *specification = "1.2";
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_message_append_args(reply, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &vendor, DBUS_TYPE_STRING, &version,
                           DBUS_TYPE_STRING, &specification, DBUS_TYPE_INVALID);
  return reply;
}

static DBusMessage *notify(DBusMessage *call) {
  static dbus_uint32_t last;
  dbus_uint32_t id = ++last;
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_message_append_args(reply, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
  note(tally, fifo, place, RAISED);
  return reply;
}

static DBusMessage *close_notification(DBusConnection *bus, DBusMessage *call) {
  dbus_uint32_t id, by_call = 3;
  if (!dbus_message_get_args(call, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID))
    return dbus_message_new_error(call, DBUS_ERROR_INVALID_ARGS, "an id is needed");
  DBusMessage *closed = dbus_message_new_signal("/org/freedesktop/Notifications", NOTIFICATIONS, "NotificationClosed");
  dbus_message_append_args(closed, DBUS_TYPE_UINT32, &id, DBUS_TYPE_UINT32, &by_call, DBUS_TYPE_INVALID);
  dbus_connection_send(bus, closed, NULL);
  dbus_message_unref(closed);
  note(tally, fifo, place, CLOSED);
  return dbus_message_new_method_return(call);
}

static DBusMessage *environment(DBusMessage *call) {
  DBusMessage *reply = dbus_message_new_method_return(call);
  DBusMessageIter arguments, variant, list;
  dbus_message_iter_init_append(reply, &arguments);
  dbus_message_iter_open_container(&arguments, DBUS_TYPE_VARIANT, "as", &variant);
  dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "s", &list);
  for (char **variable = environ; *variable; variable++)
    dbus_message_iter_append_basic(&list, DBUS_TYPE_STRING, variable);
  dbus_message_iter_close_container(&variant, &list);
  dbus_message_iter_close_container(&arguments, &variant);
  return reply;
}

static DBusMessage *answer(DBusConnection *bus, DBusMessage *call) {
  if (dbus_message_is_method_call(call, NOTIFICATIONS, "Notify"))
    return notify(call);
  if (dbus_message_is_method_call(call, NOTIFICATIONS, "CloseNotification"))
    return close_notification(bus, call);
  if (dbus_message_is_method_call(call, NOTIFICATIONS, "GetCapabilities"))
    return capabilities(call);
  if (dbus_message_is_method_call(call, NOTIFICATIONS, "GetServerInformation"))
    return information(call);
  if (dbus_message_is_method_call(call, DBUS_INTERFACE_PROPERTIES, "Get") &&
      !strcmp(dbus_message_get_path(call), "/org/freedesktop/systemd1"))
    return environment(call);
  return NULL;
}

static DBusHandlerResult handle(DBusConnection *bus, DBusMessage *call, void *data) {
  (void)data;
  DBusMessage *reply = answer(bus, call);
  if (!reply)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  dbus_connection_send(bus, reply, NULL);
  dbus_message_unref(reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

int main(int count, char *arguments[]) {
  if (count != 4)
    return EXIT_FAILURE;
  tally = map_tally(arguments[1]);
  fifo = open(arguments[2], O_RDWR | O_CLOEXEC);
  place = atoi(arguments[3]);
  tally->desktops[place].bus = start_bus(getenv("DBUS_SESSION_BUS_ADDRESS"));
  tally->desktops[place].server = getpid();
  DBusConnection *bus = dbus_bus_get_private(DBUS_BUS_SESSION, NULL);
  if (!bus || dbus_bus_request_name(bus, NOTIFICATIONS, 0, NULL) != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER ||
      dbus_bus_request_name(bus, "org.freedesktop.systemd1", 0, NULL) != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    die("no session bus");
  dbus_connection_add_filter(bus, handle, NULL, NULL);
  note(tally, fifo, place, READY);
  while (dbus_connection_read_write_dispatch(bus, -1))
    ;
  return EXIT_SUCCESS;
}
