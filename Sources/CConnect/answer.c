#include "CConnect.h"
#include "CDescriptors.h"

#include <errno.h>

void msg_connect_answer(int client, struct msg_connect_reply reply, const int *descriptors, size_t count) {
  if (msg_send(client, &reply, sizeof reply, descriptors, count) >= 0 || count == 0)
    return;
  // The kernel accepts no descriptor if too many of this user's wait to be read (unix(7), ETOOMANYREFS).
  reply = (struct msg_connect_reply){.fault = MSG_CONNECT_FAILED, .detail = (uint32_t)errno};
  msg_send(client, &reply, sizeof reply, NULL, 0);
}
