#pragma once
#include "CBoundedStream.h"

#include <gio/gio.h>

// The two halves of a bounded stream. Socket and meter are the stream's, which outlives them.

typedef struct {
  GInputStream parent;
  GSocket *socket;
  MsgMeter *meter;
  gint has_paused; // atomic: others ask
} MsgInput;
typedef GInputStreamClass MsgInputClass;

typedef struct {
  GOutputStream parent;
  GSocket *socket;
  MsgMeter *meter;
  gint64 blocked; // since when nothing could be sent; 0 where the last attempt did send something
} MsgOutput;
typedef GOutputStreamClass MsgOutputClass;

GType msg_input_get_type(void);
GType msg_output_get_type(void);
