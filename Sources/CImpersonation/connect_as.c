#define _GNU_SOURCE
#include "CImpersonation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// System calls, not glibc's wrappers: those change every thread of the process.
static int set_effective_gid(gid_t gid) { return (int)syscall(SYS_setresgid, -1, gid, -1); }
static int set_effective_uid(uid_t uid) { return (int)syscall(SYS_setresuid, -1, uid, -1); }

// The user first: as the other user the thread may return to its own ids, for they are still its real ones.
static void restore(uid_t uid, gid_t gid) {
  uid_t real_uid, effective_uid, saved_uid;
  gid_t real_gid, effective_gid, saved_gid;
  if (set_effective_uid(uid) != 0 || set_effective_gid(gid) != 0 ||
      syscall(SYS_getresuid, &real_uid, &effective_uid, &saved_uid) != 0 ||
      syscall(SYS_getresgid, &real_gid, &effective_gid, &saved_gid) != 0 || effective_uid != uid || effective_gid != gid)
    abort();
}

int msg_connect_as(uid_t uid, gid_t gid, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, path);

  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;

  const uid_t own_uid = geteuid();
  const gid_t own_gid = getegid();
  int error = 0;
  if (set_effective_gid(gid) != 0 || set_effective_uid(uid) != 0 ||
      connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
    error = errno;
  restore(own_uid, own_gid);

  if (error != 0) {
    close(fd);
    return -error;
  }
  return fd;
}

int64_t msg_listener(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int64_t)peer.uid : -(int64_t)errno;
}
