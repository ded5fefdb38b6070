#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What msgd asks of msgd-connect, the one program that may become another user: each connection to its socket
// (SOCK_SEQPACKET) carries one request and one reply, both of fixed size. Who hangs up takes the request back.

/// Where msgd-connect.socket listens.
#define MSG_CONNECT_SOCKET "/run/msgd-connect"

/// The longest name of a socket, with a null byte at its end: what unix(7) has room for.
#define MSG_CONNECT_NAME 108
/// How many processes' environments a request may name.
#define MSG_CONNECT_PROCESSES 64
/// How much is read of each environment, in bytes.
#define MSG_CONNECT_ENVIRONMENT (64 << 10)
/// How much a reply has of all of them, their lengths included, in bytes: what waits to be read is memory of the helper's.
#define MSG_CONNECT_COPIES (512 << 10)

/// Asks for the environments of some processes of a user's, for a connection to a socket of theirs, or for both.
struct msg_connect_request {
  uint32_t uid; // as whom
  /// Whose environments to read; 0 from the end of the list on.
  ///
  /// The descriptor is a pipe, which holds all and has no writer any more: for each process that was named, in their
  /// order, a uint32_t with the length of what follows, and the beginning of its environment. Of one that has ended, or
  /// isn't the user's, the length is 0. The last ones may be missing, where there was no room for them.
  int32_t processes[MSG_CONNECT_PROCESSES];
  /// A path, or `@` and an abstract name; null bytes up to the end.
  ///
  /// The descriptor is a non-blocking stream socket, which is connected to a listener that is the user.
  char name[MSG_CONNECT_NAME];
};

/// The most descriptors that a reply has: environments come first.
#define MSG_CONNECT_DESCRIPTORS 2

/// Why a descriptor is missing.
enum msg_connect_fault {
  MSG_CONNECT_DONE = 0,
  /// It is no request: of another size, with a descriptor, for nothing, or with a name that can't be one.
  MSG_CONNECT_NO_REQUEST,
  /// Nobody becomes root.
  MSG_CONNECT_ROOT,
  /// The user has no runtime directory, and so isn't logged in.
  MSG_CONNECT_NOT_LOGGED_IN,
  /// What the name leads to is no socket; a symbolic link isn't followed.
  MSG_CONNECT_NO_SOCKET,
  /// Somebody else listens there: `detail` says who, by uid.
  MSG_CONNECT_OTHERS_SOCKET,
  /// A system call failed; `detail` is its errno.
  MSG_CONNECT_FAILED,
  /// It took too long.
  MSG_CONNECT_TIMED_OUT,
};

/// With MSG_CONNECT_DONE it has all descriptors that were asked for. With any other fault it has none, or only the
/// environments, where no connection was made.
struct msg_connect_reply {
  uint32_t fault; // enum msg_connect_fault
  uint32_t detail;
};

/// Whether what came is a request that may be carried out, as far as can be said without asking the kernel.
///
/// Returns MSG_CONNECT_DONE, MSG_CONNECT_NO_REQUEST or MSG_CONNECT_ROOT.
enum msg_connect_fault msg_connect_check(const void *bytes, size_t size, struct msg_connect_request *request);

/// Asks. Doesn't block.
///
/// Returns a descriptor that is readable once there is a reply, and takes the request back when it is closed; or a
/// negative errno: -EAGAIN where too many ask at once.
int msg_connect_ask(const char *socket, const struct msg_connect_request *request);

/// Reads the reply to what was asked. Doesn't block.
///
/// Returns how many descriptors came with it; or a negative errno: -EAGAIN where there is no reply yet, -ECONNRESET where
/// there won't be any.
int msg_connect_take(int asked, struct msg_connect_reply *reply, int descriptors[MSG_CONNECT_DESCRIPTORS]);

/// Sends a reply, with that many descriptors. Doesn't block: whoever doesn't read it hasn't waited for it.
void msg_connect_answer(int client, struct msg_connect_reply reply, const int *descriptors, size_t count);
