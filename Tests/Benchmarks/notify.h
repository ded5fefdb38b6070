// The plain call of Notify, as cheap as libdbus makes it.
#pragma once
#include <dbus/dbus.h>

#include "die.h"

static inline DBusMessage *new_notify(const char *body) {
  const char *program = "bench", *icon = "", *title = "";
  dbus_uint32_t replaced = 0;
  dbus_int32_t milliseconds = 1000;
  DBusMessage *call = dbus_message_new_method_call("org.freedesktop.Notifications", "/org/freedesktop/Notifications",
                                                   "org.freedesktop.Notifications", "Notify");
  DBusMessageIter arguments, empty;
  dbus_message_append_args(call, DBUS_TYPE_STRING, &program, DBUS_TYPE_UINT32, &replaced, DBUS_TYPE_STRING, &icon,
                           DBUS_TYPE_STRING, &title, DBUS_TYPE_STRING, &body, DBUS_TYPE_INVALID);
  dbus_message_iter_init_append(call, &arguments);
  dbus_message_iter_open_container(&arguments, DBUS_TYPE_ARRAY, "s", &empty);
  dbus_message_iter_close_container(&arguments, &empty);
  dbus_message_iter_open_container(&arguments, DBUS_TYPE_ARRAY, "{sv}", &empty);
  dbus_message_iter_close_container(&arguments, &empty);
  dbus_message_iter_append_basic(&arguments, DBUS_TYPE_INT32, &milliseconds);
  return call;
}

// Calls it, and waits for the answer.
static inline void notify(DBusConnection *bus, const char *body) {
  DBusMessage *call = new_notify(body);
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(bus, call, -1, NULL);
  if (!reply)
    die("Notify");
  dbus_message_unref(reply);
  dbus_message_unref(call);
}
