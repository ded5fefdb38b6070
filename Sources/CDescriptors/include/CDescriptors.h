#pragma once
#include <stddef.h>
#include <sys/types.h>

/// The most file descriptors that are taken with one message. The bus that is asked for them answers with one.
#define MSG_MOST_DESCRIPTORS 16

/// Reads from a socket, without waiting for anything, and takes the file descriptors that come with what is
/// read. Where more come than `MSG_MOST_DESCRIPTORS`, or than this process may have, none is kept: some of them are
/// no use.
///
/// Returns what recvmsg(2) does, and sets `errno` likewise. The first `*count` of `descriptors` are the caller's to
/// close; programs that this one starts don't inherit them.
ssize_t msg_receive(int socket, void *buffer, size_t size, int *descriptors, size_t *count);

/// Sends to a socket, without waiting for room, and with the first byte some file descriptors, which stay the caller's:
/// at most `MSG_MOST_DESCRIPTORS`.
///
/// Returns what sendmsg(2) does, and sets `errno` likewise. Where anything was sent, the descriptors were.
ssize_t msg_send(int socket, const void *bytes, size_t size, const int *descriptors, size_t count);
