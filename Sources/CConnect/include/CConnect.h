#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The requests of msgd to msgd-connect, the one program that may become another user. Each connection to its socket
// (SOCK_SEQPACKET) carries one request and one reply. A client that hangs up cancels its request.

/// The socket of msgd-connect.socket.
#define MSG_CONNECT_SOCKET "/run/msgd-connect"

/// The longest name of a socket, with a null byte at its end: as long as unix(7) permits.
#define MSG_CONNECT_NAME 108
/// The longest name of a terminal, such as `pts/7`, with a null byte at its end.
#define MSG_CONNECT_TERMINAL 16
/// The longest text for a terminal, in bytes: what one that isn't in use takes at once. A serial line has room for a
/// page (the kernel's `UART_XMIT_SIZE`). A pseudo-terminal has room for 8192 bytes (`pty_common_install`), of which half
/// may be lost between lines.
#define MSG_CONNECT_TEXT 4000
/// How many processes a request may name.
#define MSG_CONNECT_PROCESSES 64
/// How many bytes are read of each environment.
#define MSG_CONNECT_ENVIRONMENT (64 << 10)
/// How many bytes of all environments a reply has, including their lengths. Unread, they take the helper's memory.
#define MSG_CONNECT_COPIES (512 << 10)

/// What is read of processes (proc(5)).
enum msg_connect_file {
  /// `/proc/PID/environ`
  MSG_CONNECT_ENVIRON = 0,
  /// `/proc/PID/stat`
  MSG_CONNECT_STAT,
};

/// A request for the environments of some of a user's processes, for a connection to a socket of the user's, or for
/// both; or for the states of processes; or to write a text on a terminal of the user's, which follows the request.
struct msg_connect_request {
  uint32_t uid; // the user to become
  /// Which file of the processes is read: enum msg_connect_file.
  uint32_t file;
  /// The processes whose environments are read; 0 from the end of the list on.
  ///
  /// The descriptor in the reply is a pipe that holds all environments and has no writer any more. For each process in
  /// the request, in order, it has a uint32_t with the length of what follows, and the beginning of the file.
  /// The length is 0 if the process has ended or isn't the user's. The last ones may be missing if there was no room
  /// for them.
  int32_t processes[MSG_CONNECT_PROCESSES];
  /// A path, or `@` and an abstract name; null bytes up to the end.
  ///
  /// The descriptor in the reply is a non-blocking stream socket, connected to a listener that runs as the user.
  char name[MSG_CONNECT_NAME];
  /// The terminal that is written on, below `/dev`; null bytes up to the end. It must be the user's.
  char terminal[MSG_CONNECT_TERMINAL];
  /// Whether the text is refused if the user lets nobody write there (mesg(1)): 0 or 1.
  uint32_t heeds_mesg;
  /// How many bytes of text follow the request; 0 without a terminal.
  uint32_t text_size;
};

/// A request and the text that follows it.
struct msg_connect_message {
  struct msg_connect_request request;
  char text[MSG_CONNECT_TEXT];
};

/// The most descriptors of a reply. The environments come first.
#define MSG_CONNECT_DESCRIPTORS 2

/// The reason why a descriptor is missing, or what became of a text.
enum msg_connect_fault {
  MSG_CONNECT_DONE = 0,
  /// It is not a valid request: of another size, with a descriptor, empty, with an invalid name, or for two things that
  /// don't go together.
  MSG_CONNECT_NO_REQUEST,
  /// The helper never becomes root.
  MSG_CONNECT_ROOT,
  /// The user has no runtime directory, and so isn't logged in.
  MSG_CONNECT_NOT_LOGGED_IN,
  /// The name leads to something other than a socket. A symbolic link isn't followed.
  MSG_CONNECT_NO_SOCKET,
  /// Somebody else listens there; `detail` is their uid.
  MSG_CONNECT_OTHERS_SOCKET,
  /// A system call failed; `detail` is its errno.
  MSG_CONNECT_FAILED,
  /// It took too long.
  MSG_CONNECT_TIMED_OUT,
  /// The terminal has taken the whole text.
  MSG_CONNECT_WRITTEN,
  /// The name leads to something other than a terminal.
  MSG_CONNECT_NO_TERMINAL,
  /// It is somebody else's terminal; `detail` is their uid.
  MSG_CONNECT_OTHERS_TERMINAL,
  /// The user lets nobody write there.
  MSG_CONNECT_MESG_N,
  /// The terminal has no room, because it is stopped or nobody reads it; `detail` is how many bytes it has taken.
  MSG_CONNECT_FULL,
};

/// The reply. With MSG_CONNECT_DONE it has all descriptors that were requested. With any other fault it has none, or
/// only the environments if the connection failed.
struct msg_connect_reply {
  uint32_t fault; // enum msg_connect_fault
  uint32_t detail;
};

/// Checks whether bytes are a request that may be carried out, as far as is possible without asking the kernel. The
/// text behind it isn't looked at.
///
/// Returns MSG_CONNECT_DONE, MSG_CONNECT_NO_REQUEST or MSG_CONNECT_ROOT.
enum msg_connect_fault msg_connect_check(const void *bytes, size_t size, struct msg_connect_request *request);

/// Sends a request with its text, which has as many bytes as the request says. Doesn't block.
///
/// Returns a descriptor that is readable once there is a reply, and that cancels the request when it is closed; or a
/// negative errno: -EAGAIN if there are too many requests at once.
int msg_connect_ask(const char *socket, const struct msg_connect_request *request, const void *text);

/// Reads the reply to a request. Doesn't block.
///
/// Returns how many descriptors came with it; or a negative errno: -EAGAIN if there is no reply yet, -ECONNRESET if
/// there won't be one.
int msg_connect_take(int asked, struct msg_connect_reply *reply, int descriptors[MSG_CONNECT_DESCRIPTORS]);

/// Sends a reply with a number of descriptors. Doesn't block: a client that leaves no room for the reply isn't waiting
/// for it.
void msg_connect_answer(int client, struct msg_connect_reply reply, const int *descriptors, size_t count);
