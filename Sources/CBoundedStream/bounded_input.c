#include "halves.h"

static gboolean msg_input_can_poll(GPollableInputStream *stream) { return TRUE; }

static gboolean msg_input_is_readable(GPollableInputStream *stream) {
  MsgInput *self = (MsgInput *)stream;
  return msg_meter_delay(self->meter, g_get_monotonic_time()) == 0 && g_socket_condition_check(self->socket, G_IO_IN);
}

static GSource *msg_input_create_source(GPollableInputStream *stream, GCancellable *cancellable) {
  MsgInput *self = (MsgInput *)stream;
  const int64_t delay = msg_meter_delay(self->meter, g_get_monotonic_time());
  if (delay > 0)
    g_atomic_int_set(&self->has_paused, TRUE);
  GSource *child = delay > 0 ? g_timeout_source_new((guint)(delay / 1000) + 1)
                             : g_socket_create_source(self->socket, G_IO_IN, NULL);
  GSource *source = g_pollable_source_new_full(stream, child, cancellable);
  g_source_unref(child);
  return source;
}

static gssize ended(MsgInput *self, GError **error) {
  if (msg_meter_is_between_messages(self->meter))
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "hung up");
  else
    g_set_error_literal(error, msg_bounded_stream_error_quark(), 0, "hung up in the middle of a message");
  return -1;
}

static gssize judged(MsgInput *self, const void *bytes, gssize count, GError **error) {
  switch (msg_meter_read(self->meter, bytes, (gsize)count)) {
  case MSG_METER_GOOD:
    return count;
  case MSG_METER_NO_MESSAGE:
    g_set_error_literal(error, msg_bounded_stream_error_quark(), 0, "sent what is no D-Bus message");
    return -1;
  case MSG_METER_TOO_LONG:
    g_set_error(error, msg_bounded_stream_error_quark(), 0,
                "sent a message of %" G_GUINT64_FORMAT " bytes; at most %d are taken",
                msg_meter_message_length(self->meter), MSG_LONGEST_MESSAGE);
    return -1;
  }
  g_assert_not_reached();
}

static gssize msg_input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count, GError **error) {
  MsgInput *self = (MsgInput *)stream;
  const gsize allowed = msg_meter_allowance(self->meter, count, g_get_monotonic_time());
  if (allowed == 0) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "sends too much");
    return -1;
  }
  const gssize received = g_socket_receive_with_blocking(self->socket, buffer, allowed, FALSE, NULL, error);
  if (received < 0)
    return -1;
  return received == 0 ? ended(self, error) : judged(self, buffer, received, error);
}

static void msg_input_pollable_init(GPollableInputStreamInterface *interface) {
  interface->can_poll = msg_input_can_poll;
  interface->is_readable = msg_input_is_readable;
  interface->create_source = msg_input_create_source;
  interface->read_nonblocking = msg_input_read_nonblocking;
}

G_DEFINE_TYPE_WITH_CODE(MsgInput, msg_input, G_TYPE_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM, msg_input_pollable_init))

static void msg_input_class_init(MsgInputClass *class) {}
static void msg_input_init(MsgInput *self) {}
