#define _GNU_SOURCE
#include "CConnect.h"

#include <string.h>

static bool is_zero(const void *bytes, size_t size) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < size; i++)
    if (byte[i] != 0)
      return false;
  return true;
}

static bool is_name(const char *name) {
  const size_t length = strnlen(name, MSG_CONNECT_NAME);
  return length > 1 && length < MSG_CONNECT_NAME && (name[0] == '/' || name[0] == '@') &&
         is_zero(name + length, MSG_CONNECT_NAME - length);
}

static bool is_number(const char *text) {
  const char *end = text;
  while (*end >= '0' && *end <= '9')
    end++;
  return end > text && *end == '\0';
}

// Whether it is the name of a pseudo-terminal, a console or a serial line: `pts/7`, `tty2`, `ttyUSB0`, `hvc0`. `tty`
// itself means the reader's own terminal.
static bool is_terminal(const char *name) {
  const size_t length = strnlen(name, MSG_CONNECT_TERMINAL);
  if (length == MSG_CONNECT_TERMINAL || !is_zero(name + length, MSG_CONNECT_TERMINAL - length))
    return false;
  if (strncmp(name, "pts/", 4) == 0)
    return is_number(name + 4);
  if (strncmp(name, "hvc", 3) == 0)
    return is_number(name + 3);
  if (strncmp(name, "tty", 3) != 0)
    return false;
  for (name += 3; (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z');)
    name++;
  return is_number(name);
}

static bool are_processes(const int32_t *processes) {
  size_t count = 0;
  while (count < MSG_CONNECT_PROCESSES && processes[count] > 0)
    count++;
  return count > 0 && is_zero(&processes[count], (MSG_CONNECT_PROCESSES - count) * sizeof *processes);
}

// Whether it is a request to write a text, and for nothing else.
static bool is_writing(const struct msg_connect_request *request, size_t text_size) {
  return is_terminal(request->terminal) && text_size > 0 && text_size <= MSG_CONNECT_TEXT &&
         request->text_size == text_size && request->heeds_mesg <= 1 && request->file == MSG_CONNECT_ENVIRON &&
         is_zero(request->name, sizeof request->name) && is_zero(request->processes, sizeof request->processes);
}

// Whether it is a request for a connection, or to read something of processes.
static bool is_reading(const struct msg_connect_request *request, size_t text_size) {
  const bool has_name = !is_zero(request->name, sizeof request->name);
  const bool has_processes = !is_zero(request->processes, sizeof request->processes);
  return text_size == 0 && request->text_size == 0 && request->heeds_mesg == 0 &&
         is_zero(request->terminal, sizeof request->terminal) && (has_name || has_processes) &&
         (!has_name || is_name(request->name)) && (!has_processes || are_processes(request->processes)) &&
         (request->file == MSG_CONNECT_ENVIRON || (request->file == MSG_CONNECT_STAT && !has_name));
}

enum msg_connect_fault msg_connect_check(const void *bytes, size_t size, struct msg_connect_request *request) {
  if (size < sizeof *request)
    return MSG_CONNECT_NO_REQUEST;
  memcpy(request, bytes, sizeof *request);
  const size_t text_size = size - sizeof *request;
  if (!is_writing(request, text_size) && !is_reading(request, text_size))
    return MSG_CONNECT_NO_REQUEST;
  if (request->uid == 0)
    return MSG_CONNECT_ROOT;
  return request->uid == (uint32_t)-1 ? MSG_CONNECT_NO_REQUEST : MSG_CONNECT_DONE; // -1 is nobody (setresuid(2))
}
