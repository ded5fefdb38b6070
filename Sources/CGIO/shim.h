// GLib, GIO, and of the C library what Swift's module of it leaves out, as Swift sees them: headers, and nothing else.
#pragma once
#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <malloc.h>
#include <sys/epoll.h>
