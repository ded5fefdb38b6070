#define _GNU_SOURCE
#include "CImpersonation.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct ids {
  uid_t uid;
  gid_t gid;
};

// What a thread may do (capabilities(7)): each set is 64 bits, in two words.
struct capabilities {
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
};

// What a thread is before it becomes another user.
struct own {
  struct ids ids;
  struct capabilities capabilities;
};

// System calls, not glibc's wrappers: those change every thread of the process.
static int set_effective_gid(gid_t gid) { return (int)syscall(SYS_setresgid, -1, gid, -1); }
static int set_effective_uid(uid_t uid) { return (int)syscall(SYS_setresuid, -1, uid, -1); }

static int read_capabilities(struct capabilities *capabilities) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3}; // 0 is the calling thread
  return (int)syscall(SYS_capget, &header, capabilities->sets);
}

static bool are_equal(struct capabilities one, struct capabilities other) {
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
    if (one.sets[i].permitted != other.sets[i].permitted || one.sets[i].effective != other.sets[i].effective)
      return false;
  return true;
}

// The user first: as the other user the thread may return to its own ids, for they are still its real ones.
static void restore(const struct own *own) {
  uid_t real_uid, effective_uid, saved_uid;
  gid_t real_gid, effective_gid, saved_gid;
  struct capabilities capabilities;
  if (set_effective_uid(own->ids.uid) != 0 || set_effective_gid(own->ids.gid) != 0 ||
      syscall(SYS_getresuid, &real_uid, &effective_uid, &saved_uid) != 0 ||
      syscall(SYS_getresgid, &real_gid, &effective_gid, &saved_gid) != 0 || effective_uid != own->ids.uid ||
      effective_gid != own->ids.gid || read_capabilities(&capabilities) != 0 ||
      !are_equal(capabilities, own->capabilities))
    abort();
}

// Returns 0, to be followed by what is to be done as the other user and by restore; or an errno, and the thread is itself.
static int become(struct ids other, struct own *own) {
  own->ids = (struct ids){geteuid(), getegid()};
  // Who stops being root loses all capabilities, for good (capabilities(7), "Effect of user ID changes on capabilities").
  if (other.uid == 0 && own->ids.uid != 0)
    return EPERM;
  if (read_capabilities(&own->capabilities) != 0)
    return errno;
  if (set_effective_gid(other.gid) == 0 && set_effective_uid(other.uid) == 0)
    return 0;
  const int error = errno;
  restore(own); // the group may have changed
  return error;
}

int msg_connect_as(uid_t uid, gid_t gid, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t size = sizeof address;
  if (strlen(name) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, name);
  if (name[0] == '@') { // every byte counts: a name with zeros at its end is another one
    address.sun_path[0] = 0;
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  }

  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;

  struct own own;
  int error = become((struct ids){uid, gid}, &own);
  if (error == 0) {
    if (connect(fd, (struct sockaddr *)&address, size) != 0)
      error = errno;
    restore(&own);
  }

  if (error != 0) {
    close(fd);
    return -error;
  }
  return fd;
}

ssize_t msg_read_as(uid_t uid, gid_t gid, const char *path, void *buffer, size_t size) {
  struct own own;
  int fd = -1;
  int error = become((struct ids){uid, gid}, &own);
  if (error == 0) {
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
      error = errno;
    restore(&own);
  }
  if (error != 0)
    return -error;

  size_t count = 0;
  ssize_t more = 0;
  while (count < size && (more = read(fd, (char *)buffer + count, size - count)) > 0)
    count += (size_t)more;
  error = more < 0 ? errno : 0;
  close(fd);
  return error != 0 ? -error : (ssize_t)count;
}

bool msg_is_running(uint32_t pid) {
  const int fd = pid == 0 ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (fd < 0)
    return false;
  struct pollfd event = {.fd = fd, .events = POLLIN}; // readable once the process has ended, be it a zombie
  const bool has_ended = poll(&event, 1, 0) != 0;
  close(fd);
  return !has_ended;
}

int64_t msg_listener(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int64_t)peer.uid : -(int64_t)errno;
}
