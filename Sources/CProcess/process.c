#define _GNU_SOURCE
#include "CProcess.h"

#include <link.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

bool msg_is_running(uint32_t pid) {
  const int fd = pid == 0 ? -1 : (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (fd < 0)
    return false;
  struct pollfd event = {.fd = fd, .events = POLLIN}; // readable once the process has ended, even as a zombie
  const bool has_ended = poll(&event, 1, 0) != 0;
  close(fd);
  return !has_ended;
}

/// The first object is the program itself (dl_iterate_phdr(3)).
static int release_code(struct dl_phdr_info *program, size_t size, void *data) {
  (void)size, (void)data;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < program->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || segment->p_flags & PF_W)
      continue;
    const uintptr_t start = (program->dlpi_addr + segment->p_vaddr) & ~(page - 1);
    const uintptr_t end = program->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 1;
}

void msg_release_code(void) { dl_iterate_phdr(release_code, NULL); }
