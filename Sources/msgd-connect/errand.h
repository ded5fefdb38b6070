#pragma once
#include "CConnect.h"

/// Carries out a request, in a process that does nothing else: as the user, whom it becomes for good, without any
/// capability. It ends with its parent.
///
/// Returns the descriptor, or -1 with the fault in `reply`.
int carry_out(const struct msg_connect_request *request, pid_t parent, struct msg_connect_reply *reply);
