#define _GNU_SOURCE
#include "errand.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

static int refuse(struct msg_connect_reply *reply, enum msg_connect_fault fault, uint32_t detail) {
  *reply = (struct msg_connect_reply){.fault = fault, .detail = detail};
  return -1;
}

static int fail(struct msg_connect_reply *reply) { return refuse(reply, MSG_CONNECT_FAILED, (uint32_t)errno); }

// Finds the user's group, which is that of their runtime directory. systemd-logind makes that directory
// (user-runtime-dir@.service), so no claim has to be trusted and no database asked. The directory is in a file system
// in memory. A file system that the user has mounted there instead could report any group, and doesn't count.
static bool find_group(uid_t uid, gid_t *gid) {
  char path[sizeof "/run/user/4294967295"];
  snprintf(path, sizeof path, "/run/user/%u", uid);
  struct statfs filesystem;
  struct stat directory;
  const int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const bool is_theirs = fd >= 0 && fstatfs(fd, &filesystem) == 0 && filesystem.f_type == TMPFS_MAGIC &&
                         fstat(fd, &directory) == 0 && directory.st_uid == uid;
  if (fd >= 0)
    close(fd);
  if (is_theirs)
    *gid = directory.st_gid;
  return is_theirs;
}

enum { PRIVILEGE = 1 << CAP_SETGID | 1 << CAP_SETUID };

// Makes capabilities the effective ones. The permitted ones allow no more.
static bool set_effective(uint32_t capabilities) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3}; // 0 is this process
  const struct __user_cap_data_struct wanted[_LINUX_CAPABILITY_U32S_3] = {{capabilities, PRIVILEGE, 0}};
  struct __user_cap_data_struct are[_LINUX_CAPABILITY_U32S_3];
  return syscall(SYS_capset, &header, wanted) == 0 && syscall(SYS_capget, &header, are) == 0 &&
         memcmp(are, wanted, sizeof are) == 0;
}

// Changes the effective ids, which connect(2) and open(2) use. The real and saved ids stay. So the user can neither
// stop this process nor look into it (kill(2), ptrace(2)), and its parent can end it.
static bool become(uid_t uid, gid_t gid) {
  return setgroups(0, NULL) == 0 && setresgid((gid_t)-1, gid, (gid_t)-1) == 0 &&
         setresuid((uid_t)-1, uid, (uid_t)-1) == 0 && set_effective(0) && geteuid() == uid && getegid() == gid;
}

static bool become_oneself(void) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  return setresuid((uid_t)-1, uid, (uid_t)-1) == 0 && setresgid((gid_t)-1, gid, (gid_t)-1) == 0 &&
         set_effective(PRIVILEGE) && geteuid() == uid && getegid() == gid;
}

// Finds the socket at a path, if the file itself is one. Links in its folders are followed, as the user.
static int find_socket(const char *path, struct sockaddr_un *address, struct msg_connect_reply *reply) {
  struct stat file;
  const int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &file) != 0)
    return fail(reply);
  if (!S_ISSOCK(file.st_mode))
    return refuse(reply, MSG_CONNECT_NO_SOCKET, 0);
  snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d", fd);
  return 0;
}

static int connect_to(const char *name, uid_t uid, struct msg_connect_reply *reply) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t size = sizeof address;
  if (name[0] == '@') { // every byte counts: a name with zeros at its end is another one
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  } else if (find_socket(name, &address, reply) != 0) {
    return -1;
  }
  struct ucred listener;
  socklen_t listener_size = sizeof listener;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &listener_size) != 0)
    return fail(reply);
  return listener.uid == uid ? fd : refuse(reply, MSG_CONNECT_OTHERS_SOCKET, listener.uid);
}

// Opens a file that describes a process of the user's. The kernel lets only the user open an environment, and the open
// file stays that process's (proc(5), /proc/pid/environ).
static int open_file(pid_t process, const char *name, uid_t uid) {
  char path[sizeof "/proc/2147483647"];
  snprintf(path, sizeof path, "/proc/%d", process);
  struct stat directory;
  const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const bool is_theirs = fd >= 0 && fstat(fd, &directory) == 0 && directory.st_uid == uid;
  const int file = is_theirs ? openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  if (fd >= 0)
    close(fd);
  return file;
}

// Copies the beginning of such a file, as far as there is room.
static size_t copy_file(pid_t process, const char *name, uid_t uid, char *bytes, size_t room) {
  size_t size = 0;
  const int file = open_file(process, name, uid);
  if (file >= 0) {
    ssize_t count;
    while (size < room && (count = read(file, bytes + size, room - size)) > 0)
      size += (size_t)count;
    close(file);
  }
  return size;
}

// Makes a pipe that holds these bytes and has no writer any more. If the kernel gives this program no pipe that is
// large enough (pipe(7), pipe-user-pages-soft), it holds the beginning.
static int fill_pipe(const char *bytes, size_t size, struct msg_connect_reply *reply) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return fail(reply);
  fcntl(ends[1], F_SETPIPE_SZ, (int)size);
  ssize_t count;
  for (size_t written = 0; written < size && (count = write(ends[1], bytes + written, size - written)) > 0;)
    written += (size_t)count;
  close(ends[1]);
  return ends[0];
}

static size_t least(size_t one, size_t other) { return one < other ? one : other; }

static int read_processes(const struct msg_connect_request *request, struct msg_connect_reply *reply) {
  const int32_t *const processes = request->processes;
  const char *const name = request->file == MSG_CONNECT_STAT ? "stat" : "environ";
  static char copies[MSG_CONNECT_COPIES];
  size_t size = 0;
  for (size_t i = 0; i < MSG_CONNECT_PROCESSES && processes[i] != 0 && sizeof copies - size >= sizeof(uint32_t); i++) {
    char *const copy = copies + size + sizeof(uint32_t);
    const size_t room = least(MSG_CONNECT_ENVIRONMENT, sizeof copies - size - sizeof(uint32_t));
    const uint32_t length = (uint32_t)copy_file(processes[i], name, request->uid, copy, room);
    memcpy(copies + size, &length, sizeof length);
    size += sizeof length + length;
  }
  const int pipe = fill_pipe(copies, size, reply);
  explicit_bzero(copies, size);
  return pipe;
}

// Lets this process be killed when its parent ends, because nobody else would end a process that hangs. It must be
// called again after each change of ids, which resets this. The parent may have ended before the call.
static bool end_with(pid_t parent) { return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent; }

// Does one after the other. If there are no environments, there is no connection either.
static size_t act_as_user(const struct msg_connect_message *message, struct msg_connect_reply *reply,
                          int descriptors[MSG_CONNECT_DESCRIPTORS]) {
  const struct msg_connect_request *const request = &message->request;
  size_t count = 0;
  if (request->text_size > 0) {
    *reply = write_on_terminal(message);
    return 0;
  }
  *reply = (struct msg_connect_reply){.fault = MSG_CONNECT_DONE};
  if (request->processes[0] != 0) {
    descriptors[count] = read_processes(request, reply);
    count += descriptors[count] >= 0;
  }
  if (request->name[0] != '\0' && reply->fault == MSG_CONNECT_DONE) {
    descriptors[count] = connect_to(request->name, request->uid, reply);
    count += descriptors[count] >= 0;
  }
  return count;
}

size_t carry_out(const struct msg_connect_message *message, pid_t parent, struct msg_connect_reply *reply,
                 int descriptors[MSG_CONNECT_DESCRIPTORS]) {
  gid_t gid;
  if (!end_with(parent))
    _exit(EXIT_FAILURE);
  if (!find_group(message->request.uid, &gid)) {
    refuse(reply, MSG_CONNECT_NOT_LOGGED_IN, 0);
    return 0;
  }
  size_t count = 0;
  if (!become(message->request.uid, gid))
    fail(reply);
  else if (!end_with(parent))
    _exit(EXIT_FAILURE);
  else
    count = act_as_user(message, reply, descriptors);
  if (!become_oneself())
    _exit(EXIT_FAILURE);
  return count;
}
