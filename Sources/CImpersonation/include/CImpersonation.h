#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// msg_connect_as and msg_read_as change the calling thread's effective user and group only, and for one system call. The
// thread ought to be one that does nothing else meanwhile, for that call may not return for long. The caller needs
// CAP_SETUID and CAP_SETGID, unless `uid` and `gid` are its own. Nobody becomes root: for uid 0 both return -EPERM, unless
// the caller is root. The process is aborted where the thread doesn't get back its own ids and capabilities.

/// Connects to a Unix socket with the credentials of another user, whom the peer then sees (`SO_PEERCRED` is taken at
/// connect(2)). A name that begins with `@` is an abstract one (unix(7)), without the `@`; any other is a path.
///
/// Returns a non-blocking, close-on-exec socket, or a negative errno; -EAGAIN means that the peer's queue is full.
int msg_connect_as(uid_t uid, gid_t gid, const char *name);

/// Reads the beginning of a file that another user may open: `/proc/PID/environ`, for which the kernel judges who opens it
/// (ptrace(2), PTRACE_MODE_READ_FSCREDS). What is read, is read with the caller's own credentials.
///
/// Returns how many bytes of `buffer` were filled, or a negative errno.
ssize_t msg_read_as(uid_t uid, gid_t gid, const char *path, void *buffer, size_t size);

/// The user who listens at the other end of a connected Unix socket, as at their listen(2) (`SO_PEERCRED`), or a negative
/// errno.
int64_t msg_listener(int fd);

/// Whether a process runs: false for 0, and for one that has ended, whether anybody has taken note of that or not.
bool msg_is_running(uint32_t pid);
