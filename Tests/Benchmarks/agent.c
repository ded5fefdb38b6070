// An agent of a design without a service, that of systembus-notify. It runs in each session, on the system bus and on
// the session's own bus, and turns a signal that is broadcast on the system bus into a popup. Run as the user: agent
// TALLY FIFO INDEX.
#include <stdio.h>

#include "notify.h"
#include "tally.h"

int main(int count, char *arguments[]) {
  if (count != 4)
    return EXIT_FAILURE;
  struct tally *tally = map_tally(arguments[1]);
  int fifo = open(arguments[2], O_RDWR | O_CLOEXEC);
  DBusConnection *machine = dbus_bus_get_private(DBUS_BUS_SYSTEM, NULL);
  DBusConnection *session = dbus_bus_get_private(DBUS_BUS_SESSION, NULL);
  if (!machine || !session)
    die("no bus");
  DBusError error = DBUS_ERROR_INIT;
  dbus_bus_add_match(machine, "type='signal',interface='org.msgd.Benchmark',member='Notify'", &error);
  if (dbus_error_is_set(&error))
    die(error.message);
  note(tally, fifo, atoi(arguments[3]), READY);
  while (dbus_connection_read_write(machine, -1)) {
    for (DBusMessage *signal; (signal = dbus_connection_pop_message(machine)); dbus_message_unref(signal)) {
      const char *text;
      if (!dbus_message_is_signal(signal, "org.msgd.Benchmark", "Notify") ||
          !dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID))
        continue;
      notify(session, text);
    }
  }
  return EXIT_SUCCESS;
}
