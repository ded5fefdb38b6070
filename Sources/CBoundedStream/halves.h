#pragma once
#include "CBoundedStream.h"

#include <gio/gio.h>

// The two halves of a bounded stream.

typedef struct MsgHub MsgHub;

// Bytes that are read ahead: some answers' worth, for each is asked for in two parts.
#define MSG_AHEAD 512

typedef struct {
  GInputStream parent;
  GSocket *socket; // a reference
  MsgMeter meter;
  gint has_paused; // atomic: others ask
  gint is_closed;  // atomic
  // The rest is the reading thread's.
  MsgHub *hub; // NULL before the first read
  int error;              // why the hub can't watch the socket, or 0
  gboolean is_queued;     // for an attempt to read
  gboolean is_pausing;    // until there is credit again
  gboolean may_have_more; // whether the socket wasn't found empty since it last had something
  gboolean is_ending;     // whether the other side has hung up, perhaps behind what it sent
  GTask *read;            // the one that waits
  void *buffer;           // where it goes
  gsize count;
  GCancellable *cancellable;
  gulong cancel_handler;
  guint8 ahead[MSG_AHEAD];
  gsize ahead_begin, ahead_end;
} MsgInput;
typedef GInputStreamClass MsgInputClass;

typedef struct {
  GOutputStream parent;
  GSocket *socket; // the stream's, which outlives it
  MsgMeter *meter; // the input's, likewise
  gint64 blocked;  // since when nothing could be sent; 0 where the last attempt did send something
} MsgOutput;
typedef GOutputStreamClass MsgOutputClass;

GType msg_input_get_type(void);
GType msg_output_get_type(void);

// Completes the read that waits, if that can be done now: with bytes, or an error.
void msg_input_attempt(MsgInput *self);

// Ends the interest in a stream's socket, which is closed; from any thread.
void msg_input_closed(MsgInput *self);

// A hub is what reads for all the streams of a thread: GLib's main context would look at each one's socket each time around.

// The hub of this thread's default main context, which is made where there is none yet; it knows an input from now on, and keeps
// it until `msg_hub_forget`.
void msg_hub_enter(MsgInput *input);

// Lets an input try to read the next time around.
void msg_hub_queue(MsgInput *input);

// The same from any thread.
void msg_hub_wake(MsgInput *input);

// Lets an input try again after so many milliseconds, and not before.
void msg_hub_pause(MsgInput *input, guint delay);

// Forgets an input, from any thread, after a last attempt to read.
void msg_hub_forget(MsgInput *input);
