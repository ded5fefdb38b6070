// GLib, GIO and the C library's heap as Swift sees them: headers, and nothing else.
#pragma once
#include <gio/gio.h>
#include <glib-unix.h>
#include <malloc.h>
