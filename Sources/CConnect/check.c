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

static bool are_processes(const int32_t *processes) {
  size_t count = 0;
  while (count < MSG_CONNECT_PROCESSES && processes[count] > 0)
    count++;
  return count > 0 && is_zero(&processes[count], (MSG_CONNECT_PROCESSES - count) * sizeof *processes);
}

enum msg_connect_fault msg_connect_check(const void *bytes, size_t size, struct msg_connect_request *request) {
  if (size != sizeof *request)
    return MSG_CONNECT_NO_REQUEST;
  memcpy(request, bytes, size);
  const bool has_name = !is_zero(request->name, sizeof request->name);
  const bool has_processes = !is_zero(request->processes, sizeof request->processes);
  if ((has_name && !is_name(request->name)) || (has_processes && !are_processes(request->processes)) ||
      (!has_name && !has_processes))
    return MSG_CONNECT_NO_REQUEST;
  if (request->uid == 0)
    return MSG_CONNECT_ROOT;
  return request->uid == (uint32_t)-1 ? MSG_CONNECT_NO_REQUEST : MSG_CONNECT_DONE; // -1 is nobody (setresuid(2))
}
