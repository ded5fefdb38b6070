#pragma once
#include <stddef.h>
#include <sys/types.h>

/// The most file descriptors that are accepted with one message. The bus, when asked for them, answers with one.
#define MSG_MOST_DESCRIPTORS 16

/// Reads from a socket without waiting, and accepts the file descriptors that come with the bytes. If more come than
/// `MSG_MOST_DESCRIPTORS`, or than this process may have, none is kept, because some of them alone are useless.
///
/// Returns what recvmsg(2) does, and sets `errno` likewise. The caller must close the first `*count` of `descriptors`.
/// Programs that this one starts don't inherit them.
ssize_t msg_receive(int socket, void *buffer, size_t size, int *descriptors, size_t *count);

/// Sends to a socket, without waiting for room. At most `MSG_MOST_DESCRIPTORS` file descriptors go with the first byte.
/// The caller keeps them.
///
/// Returns what sendmsg(2) does, and sets `errno` likewise. If anything was sent, so were the descriptors.
ssize_t msg_send(int socket, const void *bytes, size_t size, const int *descriptors, size_t count);
