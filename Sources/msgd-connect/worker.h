#pragma once
#include "CConnect.h"

/// What a worker does: a process that carries out requests for all users, one after the other, each as its user. It ends
/// with its parent.
///
/// On `line` the parent hands over requests, and is told of each that is done before it is answered.
_Noreturn void work(int line, pid_t parent);

/// Hands a client, with what it asked, to a worker. Returns false where that isn't possible, with errno.
bool hand_over(int line, int client, const struct msg_connect_request *request);

/// Whether a worker has told that it is done. Returns false where it hasn't, or has ended.
bool is_done(int line);
