#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Connects to a Unix socket with the credentials of another user, whom the peer then sees (`SO_PEERCRED` is taken at
/// connect(2)). Only the calling thread changes its effective user and group, only for that one call; the thread ought to be
/// one that serves nothing else, for a path can lie on a file system that never answers.
///
/// The caller needs CAP_SETUID and CAP_SETGID, unless `uid` and `gid` are its own. Aborts the process where the thread's
/// own credentials can't be restored.
///
/// Returns a non-blocking, close-on-exec socket, or a negative errno; -EAGAIN means that the peer's queue is full.
int msg_connect_as(uid_t uid, gid_t gid, const char *path);

/// The user who listens at the other end of a connected Unix socket, as at their listen(2) (`SO_PEERCRED`), or a negative
/// errno.
int64_t msg_listener(int fd);
