#include "halves.h"

#include <string.h>

static gssize ended(MsgInput *self, GError **error) {
  if (msg_meter_is_between_messages(&self->meter))
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "hung up");
  else
    g_set_error_literal(error, msg_bounded_stream_error_quark(), 0, "hung up in the middle of a message");
  return -1;
}

static gssize judged(MsgInput *self, const void *bytes, gssize count, GError **error) {
  switch (msg_meter_read(&self->meter, bytes, (gsize)count)) {
  case MSG_METER_GOOD:
    return count;
  case MSG_METER_NO_MESSAGE:
    g_set_error_literal(error, msg_bounded_stream_error_quark(), 0, "sent what is no D-Bus message");
    return -1;
  case MSG_METER_TOO_LONG:
    g_set_error(error, msg_bounded_stream_error_quark(), 0,
                "sent a message of %" G_GUINT64_FORMAT " bytes; at most %d are taken",
                msg_meter_message_length(&self->meter), MSG_LONGEST_MESSAGE);
    return -1;
  }
  g_assert_not_reached();
}

static gssize receive(MsgInput *self, void *buffer, gsize count, GError **error) {
  const gssize received = g_socket_receive_with_blocking(self->socket, buffer, count, FALSE, NULL, error);
  // Less than there is room for is all that there was; the hub tells when there is something again.
  if (received < (gssize)count && !self->is_ending)
    self->may_have_more = FALSE;
  return received;
}

// What was read ahead, or else what the socket has: directly, where that may be more than would be read ahead.
static gssize take(MsgInput *self, void *buffer, gsize count, GError **error) {
  if (self->ahead_begin == self->ahead_end) {
    if (count >= MSG_AHEAD)
      return receive(self, buffer, count, error);
    const gssize received = receive(self, self->ahead, MSG_AHEAD, error);
    if (received <= 0)
      return received;
    self->ahead_begin = 0;
    self->ahead_end = (gsize)received;
  }
  const gsize taken = MIN(count, self->ahead_end - self->ahead_begin);
  memcpy(buffer, self->ahead + self->ahead_begin, taken);
  self->ahead_begin += taken;
  return (gssize)taken;
}

static gssize read_now(MsgInput *self, GError **error) {
  const gint64 now = g_get_monotonic_time();
  const gsize allowed = msg_meter_allowance(&self->meter, self->count, now);
  if (allowed == 0) {
    g_atomic_int_set(&self->has_paused, TRUE);
    msg_hub_pause(self, (guint)(msg_meter_delay(&self->meter, now) / 1000) + 1);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "sends too much");
    return -1;
  }
  const gssize received = take(self, self->buffer, allowed, error);
  if (received < 0)
    return -1;
  return received == 0 ? ended(self, error) : judged(self, self->buffer, received, error);
}

void msg_input_attempt(MsgInput *self) {
  if (self->read == NULL)
    return;
  GError *error = NULL;
  gssize received = -1;
  if (g_cancellable_is_cancelled(self->cancellable) || g_atomic_int_get(&self->is_closed))
    g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "closed");
  else if (self->error != 0)
    g_set_error_literal(&error, G_IO_ERROR, g_io_error_from_errno(self->error), g_strerror(self->error));
  else if (self->is_pausing)
    return;
  else
    received = read_now(self, &error);
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_error_free(error);
    return;
  }
  GTask *read = g_steal_pointer(&self->read);
  if (error != NULL)
    g_task_return_error(read, error);
  else
    g_task_return_int(read, received);
  g_object_unref(read);
}

static void cancelled(GCancellable *cancellable, gpointer input) { msg_hub_wake(input); }

static void unref(gpointer input, GClosure *closure) { g_object_unref(input); }

static void follow(MsgInput *self, GCancellable *cancellable) {
  if (cancellable == NULL || self->cancellable != NULL)
    return;
  self->cancellable = g_object_ref(cancellable);
  self->cancel_handler =
      g_signal_connect_data(cancellable, "cancelled", G_CALLBACK(cancelled), g_object_ref(self), unref, 0);
}

// Never at once: GDBus holds a lock, and what a task returns within its own turn of the loop costs a source of its own.
static void msg_input_read_async(GInputStream *stream, void *buffer, gsize count, int priority, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data) {
  MsgInput *self = (MsgInput *)stream;
  if (self->hub == NULL)
    msg_hub_enter(self);
  follow(self, cancellable);
  self->read = g_task_new(stream, cancellable, callback, data);
  self->buffer = buffer;
  self->count = count;
  const gboolean has_something = self->ahead_begin < self->ahead_end || self->may_have_more;
  if (has_something || self->error != 0 || g_cancellable_is_cancelled(cancellable) || g_atomic_int_get(&self->is_closed))
    msg_hub_queue(self);
}

static gssize msg_input_read_finish(GInputStream *stream, GAsyncResult *result, GError **error) {
  return g_task_propagate_int(G_TASK(result), error);
}

void msg_input_closed(MsgInput *self) {
  if (g_atomic_int_compare_and_exchange(&self->is_closed, FALSE, TRUE))
    msg_hub_forget(self);
}

G_DEFINE_TYPE(MsgInput, msg_input, G_TYPE_INPUT_STREAM)

static void msg_input_finalize(GObject *object) {
  g_object_unref(((MsgInput *)object)->socket);
  G_OBJECT_CLASS(msg_input_parent_class)->finalize(object);
}

static void msg_input_class_init(MsgInputClass *class) {
  G_OBJECT_CLASS(class)->finalize = msg_input_finalize;
  class->read_async = msg_input_read_async;
  class->read_finish = msg_input_read_finish;
}

static void msg_input_init(MsgInput *self) {
  msg_meter_start(&self->meter, g_get_monotonic_time());
  self->may_have_more = TRUE;
}
