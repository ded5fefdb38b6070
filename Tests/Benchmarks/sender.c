// Sends COUNT messages through msgd, to the users user1 … userUSERS in turn, each for a second, and several at once:
// sender COUNT USERS. Prints how many of them msgd refused.
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>

// The system bus lets a connection wait for 128 answers.
#define AT_ONCE 64

static int waiting, refused;

static void answered(DBusPendingCall *call, void *data) {
  (void)data;
  DBusMessage *reply = dbus_pending_call_steal_reply(call);
  refused += dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR;
  waiting--;
  dbus_message_unref(reply);
  dbus_pending_call_unref(call);
}

static DBusMessage *new_send(int number, int users) {
  char name[32], text[64], *user = name, *body = text, *key = "timeout";
  dbus_uint32_t second = 1;
  snprintf(name, sizeof name, "user%d", number % users + 1);
  snprintf(text, sizeof text, "Message %d", number);
  DBusMessage *call =
      dbus_message_new_method_call("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send");
  DBusMessageIter arguments, list, entry, variant;
  dbus_message_iter_init_append(call, &arguments);
  dbus_message_iter_open_container(&arguments, DBUS_TYPE_ARRAY, "s", &list);
  dbus_message_iter_append_basic(&list, DBUS_TYPE_STRING, &user);
  dbus_message_iter_close_container(&arguments, &list);
  dbus_message_iter_append_basic(&arguments, DBUS_TYPE_STRING, &body);
  dbus_message_iter_open_container(&arguments, DBUS_TYPE_ARRAY, "{sv}", &list);
  dbus_message_iter_open_container(&list, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
  dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
  dbus_message_iter_open_container(&entry, DBUS_TYPE_VARIANT, "u", &variant);
  dbus_message_iter_append_basic(&variant, DBUS_TYPE_UINT32, &second);
  dbus_message_iter_close_container(&entry, &variant);
  dbus_message_iter_close_container(&list, &entry);
  dbus_message_iter_close_container(&arguments, &list);
  return call;
}

int main(int count, char *arguments[]) {
  DBusConnection *bus = dbus_bus_get_private(DBUS_BUS_SYSTEM, NULL);
  if (count != 3 || !bus)
    return EXIT_FAILURE;
  int messages = atoi(arguments[1]), users = atoi(arguments[2]);
  for (int number = 0; number < messages || waiting;) {
    for (; number < messages && waiting < AT_ONCE; number++, waiting++) {
      DBusMessage *call = new_send(number, users);
      DBusPendingCall *pending;
      if (!dbus_connection_send_with_reply(bus, call, &pending, -1) || !pending ||
          !dbus_pending_call_set_notify(pending, answered, NULL, NULL))
        return EXIT_FAILURE;
      dbus_message_unref(call);
    }
    if (!dbus_connection_read_write_dispatch(bus, -1))
      return EXIT_FAILURE;
  }
  printf("%d\n", refused);
}
