#include "halves.h"

G_DEFINE_QUARK(msg-bounded-stream-error, msg_bounded_stream_error)

typedef struct {
  GIOStream parent;
  GSocket *socket;
  MsgInput *input;
  MsgOutput *output;
} MsgStream;
typedef GIOStreamClass MsgStreamClass;

G_DEFINE_TYPE(MsgStream, msg_stream, G_TYPE_IO_STREAM)

static GInputStream *msg_stream_get_input_stream(GIOStream *stream) { return &((MsgStream *)stream)->input->parent; }
static GOutputStream *msg_stream_get_output_stream(GIOStream *stream) { return &((MsgStream *)stream)->output->parent; }

static gboolean msg_stream_close(GIOStream *stream, GCancellable *cancellable, GError **error) {
  MsgStream *self = (MsgStream *)stream;
  msg_input_closed(self->input);
  return g_socket_close(self->socket, error);
}

// At once, for it doesn't block, and whatever is still waiting on the two halves: theirs would refuse then.
static void msg_stream_close_async(GIOStream *stream, int priority, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer data) {
  GTask *task = g_task_new(stream, cancellable, callback, data);
  GError *error = NULL;
  if (msg_stream_close(stream, cancellable, &error))
    g_task_return_boolean(task, TRUE);
  else
    g_task_return_error(task, error);
  g_object_unref(task);
}

static gboolean msg_stream_close_finish(GIOStream *stream, GAsyncResult *result, GError **error) {
  return g_task_propagate_boolean(G_TASK(result), error);
}

static void msg_stream_finalize(GObject *object) {
  MsgStream *self = (MsgStream *)object;
  g_object_unref(self->input);
  g_object_unref(self->output);
  g_object_unref(self->socket);
  G_OBJECT_CLASS(msg_stream_parent_class)->finalize(object);
}

static void msg_stream_class_init(MsgStreamClass *class) {
  G_OBJECT_CLASS(class)->finalize = msg_stream_finalize;
  class->get_input_stream = msg_stream_get_input_stream;
  class->get_output_stream = msg_stream_get_output_stream;
  class->close_fn = msg_stream_close;
  class->close_async = msg_stream_close_async;
  class->close_finish = msg_stream_close_finish;
}

static void msg_stream_init(MsgStream *self) {}

void *msg_bounded_stream_new(void *socket) {
  MsgStream *self = g_object_new(msg_stream_get_type(), NULL);
  self->socket = g_object_ref(socket);
  self->input = g_object_new(msg_input_get_type(), NULL);
  self->output = g_object_new(msg_output_get_type(), NULL);
  self->input->socket = g_object_ref(socket);
  self->output->socket = self->socket;
  self->output->meter = &self->input->meter;
  return self;
}

bool msg_bounded_stream_has_paused(void *stream) {
  return G_TYPE_CHECK_INSTANCE_TYPE(stream, msg_stream_get_type()) &&
         g_atomic_int_get(&((MsgStream *)stream)->input->has_paused);
}
