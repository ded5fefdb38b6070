// GLib and GIO as Swift sees them: headers, and nothing else.
#pragma once
#include <gio/gio.h>
#include <glib-unix.h>
