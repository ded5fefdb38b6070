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

static bool is_name(const char *name, size_t room) {
  const size_t length = strnlen(name, room);
  return length > 1 && length < room && (name[0] == '/' || name[0] == '@');
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
  switch (request->act) {
  case MSG_CONNECT_TO_SOCKET: {
    const char *name = request->of.name;
    if (!is_name(name, MSG_CONNECT_NAME))
      return MSG_CONNECT_NO_REQUEST;
    const size_t length = strlen(name);
    if (!is_zero(name + length, sizeof request->of - length))
      return MSG_CONNECT_NO_REQUEST;
    break;
  }
  case MSG_CONNECT_READ_ENVIRONMENTS:
    if (!are_processes(request->of.processes))
      return MSG_CONNECT_NO_REQUEST;
    break;
  default:
    return MSG_CONNECT_NO_REQUEST;
  }
  if (request->uid == 0)
    return MSG_CONNECT_ROOT;
  return request->uid == (uint32_t)-1 ? MSG_CONNECT_NO_REQUEST : MSG_CONNECT_DONE; // -1 is nobody (setresuid(2))
}
