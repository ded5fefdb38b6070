#pragma once
#include "CConnect.h"

/// Carries out a request, as the user: whom this process becomes, without any effective capability, until it is done.
/// It ends with its parent, or where it can't become itself again.
///
/// Returns how many of the descriptors it has to give. What else it has opened, is left open.
size_t carry_out(const struct msg_connect_request *request, pid_t parent, struct msg_connect_reply *reply,
                 int descriptors[MSG_CONNECT_DESCRIPTORS]);
