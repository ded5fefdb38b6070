// A stand-in for journald's socket, so that msgd's records cost it as much as on a real machine. It stores nothing:
// journal PATH.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int main(int count, char *arguments[]) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int journal = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (count != 2)
    return EXIT_FAILURE;
  strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
  if (bind(journal, (struct sockaddr *)&address, sizeof address) || chmod(arguments[1], 0666)) {
    perror(arguments[1]);
    return EXIT_FAILURE;
  }
  for (char record[1 << 16]; recv(journal, record, sizeof record, 0) >= 0;)
    ;
}
