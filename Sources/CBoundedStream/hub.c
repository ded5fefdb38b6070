#include "halves.h"

#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 64

struct MsgHub {
  GSource source;
  GMainContext *context;
  int epoll;
  gpointer tag;
  GQueue ready; // of inputs, with references
};

// Its thread's, and never freed: GDBus has one thread for all connections, which stays.
static _Thread_local MsgHub *thread_hub;

static gboolean msg_hub_prepare(GSource *source, gint *timeout) {
  *timeout = -1;
  return !g_queue_is_empty(&((MsgHub *)source)->ready);
}

static gboolean msg_hub_check(GSource *source) {
  MsgHub *self = (MsgHub *)source;
  return !g_queue_is_empty(&self->ready) || g_source_query_unix_fd(source, self->tag) != 0;
}

static void queue_what_has_something(MsgHub *self) {
  struct epoll_event events[EVENTS];
  const int count = epoll_wait(self->epoll, events, EVENTS, 0);
  for (int i = 0; i < count; ++i) {
    MsgInput *input = events[i].data.ptr;
    input->may_have_more = TRUE;
    if (events[i].events & ~(guint32)EPOLLIN)
      input->is_ending = TRUE;
    msg_hub_queue(input);
  }
}

// One time around for each: who reads on then waits for the next.
static gboolean msg_hub_dispatch(GSource *source, GSourceFunc callback, gpointer data) {
  MsgHub *self = (MsgHub *)source;
  queue_what_has_something(self);
  GQueue batch = self->ready;
  g_queue_init(&self->ready);
  for (MsgInput *input; (input = g_queue_pop_head(&batch)) != NULL; g_object_unref(input)) {
    input->is_queued = FALSE;
    msg_input_attempt(input);
  }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.prepare = msg_hub_prepare, .check = msg_hub_check, .dispatch = msg_hub_dispatch};

static MsgHub *msg_hub_new(void) {
  MsgHub *self = (MsgHub *)g_source_new(&functions, sizeof(MsgHub));
  self->context = g_main_context_ref_thread_default();
  self->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (self->epoll < 0)
    g_error("epoll_create1: %s", g_strerror(errno)); // like GLib, which can't do without its own descriptors either
  self->tag = g_source_add_unix_fd(&self->source, self->epoll, G_IO_IN);
  g_queue_init(&self->ready);
  g_source_set_name(&self->source, "session buses");
  g_source_attach(&self->source, self->context);
  return self;
}

void msg_hub_enter(MsgInput *input) {
  if (thread_hub == NULL)
    thread_hub = msg_hub_new();
  input->hub = thread_hub;
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = g_object_ref(input)};
  if (epoll_ctl(input->hub->epoll, EPOLL_CTL_ADD, g_socket_get_fd(input->socket), &event) < 0)
    input->error = errno;
}

void msg_hub_queue(MsgInput *input) {
  if (input->is_queued)
    return;
  input->is_queued = TRUE;
  g_queue_push_tail(&input->hub->ready, g_object_ref(input));
}

static gboolean wake(gpointer input) {
  msg_hub_queue(input);
  return G_SOURCE_REMOVE;
}

static gboolean resume(gpointer input) {
  ((MsgInput *)input)->is_pausing = FALSE;
  return wake(input);
}

static void call_on(MsgHub *hub, GSource *source, GSourceFunc function, MsgInput *input) {
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, function, g_object_ref(input), g_object_unref);
  g_source_attach(source, hub->context);
  g_source_unref(source);
}

void msg_hub_wake(MsgInput *input) { call_on(input->hub, g_idle_source_new(), wake, input); }

void msg_hub_pause(MsgInput *input, guint delay) {
  input->is_pausing = TRUE;
  call_on(input->hub, g_timeout_source_new(delay), resume, input);
}

static gboolean forget(gpointer data) {
  MsgInput *input = data;
  msg_input_attempt(input);
  if (input->cancel_handler != 0)
    g_signal_handler_disconnect(input->cancellable, input->cancel_handler);
  input->cancel_handler = 0;
  g_clear_object(&input->cancellable);
  g_object_unref(input); // that of msg_hub_enter
  return G_SOURCE_REMOVE;
}

void msg_hub_forget(MsgInput *input) {
  if (input->hub != NULL)
    call_on(input->hub, g_idle_source_new(), forget, input);
}
