#pragma once
#include "CConnect.h"

/// Carries out a request as the user. This process becomes the user, without any effective capability, until it is
/// done. It ends with its parent, or if it can't become itself again.
///
/// Returns how many descriptors there are for the reply. Other descriptors that it has opened stay open.
size_t carry_out(const struct msg_connect_message *message, pid_t parent, struct msg_connect_reply *reply,
                 int descriptors[MSG_CONNECT_DESCRIPTORS]);
