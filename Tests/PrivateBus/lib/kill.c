// Preloaded into a service, it kills it at one of the system calls that change what is kept: before the one whose number,
// from 1, is in KILL_AT. The file that KILL_COUNT names gets a byte for each such call. What is kept is in the folder
// whose name KILL_FOLDER has: held, if it is not set. A write writes half of what it is given, unless KILL_WHOLE is set.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int calls;
static _Atomic unsigned char ours[8192]; // the descriptors of the folder and of its files

static void call(void) {
  int number = ++calls;
  int file = syscall(SYS_openat, AT_FDCWD, getenv("KILL_COUNT"), O_WRONLY | O_CREAT | O_APPEND, 0644);
  syscall(SYS_write, file, "x", 1);
  syscall(SYS_close, file);
  if (number == atoi(getenv("KILL_AT")))
    kill(getpid(), SIGKILL);
}

static int is_ours(const char *path) {
  const char *folder = getenv("KILL_FOLDER");
  return strstr(path, folder ? folder : "/held") != NULL;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(const char *path, int flags, mode_t mode) {
  if (is_ours(path) && flags & O_CREAT)
    call();
  int file = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (file >= 0 && file < (int)sizeof ours)
    ours[file] = is_ours(path);
  return file;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return opened(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  if (is_ours(path))
    call();
  return NEXT(mkdir)(path, mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
  if (file >= 0 && file < (int)sizeof ours && ours[file]) {
    call();
    if (count > 1 && !getenv("KILL_WHOLE")) // half of it, as a full disk or a signal may cut it
      count /= 2;
  }
  return NEXT(write)(file, bytes, count);
}

int fsync(int file) {
  if (file >= 0 && file < (int)sizeof ours && ours[file])
    call();
  return NEXT(fsync)(file);
}

int rename(const char *from, const char *to) {
  if (is_ours(from))
    call();
  return NEXT(rename)(from, to);
}

int unlink(const char *path) {
  if (is_ours(path))
    call();
  return NEXT(unlink)(path);
}
