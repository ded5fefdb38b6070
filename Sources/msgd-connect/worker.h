#pragma once
#include "CConnect.h"

/// Does a worker's work: carries out requests, one after the other, each as its user. The process ends with its
/// parent.
///
/// Over `line` the parent hands over requests. The worker reports there that each is done, before it answers.
_Noreturn void work(int line, pid_t parent);

/// Hands a client and its request to a worker. Returns false if that isn't possible, with errno.
bool hand_over(int line, int client, const struct msg_connect_message *message);

/// Whether a worker has reported that it is done. False if it hasn't, or has ended.
bool is_done(int line);
