#include "halves.h"

// How long the other side may read nothing while there is something to send.
#define PATIENCE_MS 5000

static gboolean msg_output_can_poll(GPollableOutputStream *stream) { return TRUE; }

static gboolean msg_output_is_writable(GPollableOutputStream *stream) {
  return g_socket_condition_check(((MsgOutput *)stream)->socket, G_IO_OUT) != 0;
}

static GSource *msg_output_create_source(GPollableOutputStream *stream, GCancellable *cancellable) {
  GSource *child = g_socket_create_source(((MsgOutput *)stream)->socket, G_IO_OUT, NULL);
  GSource *source = g_pollable_source_new_full(stream, child, cancellable);
  GSource *timeout = g_timeout_source_new(PATIENCE_MS);
  g_source_set_dummy_callback(timeout);
  g_source_add_child_source(source, timeout);
  g_source_unref(timeout);
  g_source_unref(child);
  return source;
}

static gssize msg_output_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count, GError **error) {
  MsgOutput *self = (MsgOutput *)stream;
  const gint64 now = g_get_monotonic_time();
  GError *reason = NULL;
  const gssize sent = g_socket_send_with_blocking(self->socket, buffer, count, FALSE, NULL, &reason);
  if (sent >= 0) {
    self->blocked = 0;
    msg_meter_sent(self->meter, (gsize)sent);
  } else if (!g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_propagate_error(error, reason);
  } else if (self->blocked != 0 && now - self->blocked >= PATIENCE_MS * 1000) {
    g_error_free(reason);
    g_set_error_literal(error, msg_bounded_stream_error_quark(), 0, "does not read what it is sent");
  } else {
    g_propagate_error(error, reason);
    if (self->blocked == 0)
      self->blocked = now;
  }
  return sent;
}

static void msg_output_pollable_init(GPollableOutputStreamInterface *interface) {
  interface->can_poll = msg_output_can_poll;
  interface->is_writable = msg_output_is_writable;
  interface->create_source = msg_output_create_source;
  interface->write_nonblocking = msg_output_write_nonblocking;
}

G_DEFINE_TYPE_WITH_CODE(MsgOutput, msg_output, G_TYPE_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, msg_output_pollable_init))

static void msg_output_class_init(MsgOutputClass *class) {}
static void msg_output_init(MsgOutput *self) {}
