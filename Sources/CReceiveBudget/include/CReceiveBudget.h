#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The longest message that is taken, in bytes. What a session bus has to say to msgd has some hundred.
#define MSG_LONGEST_MESSAGE 65536
/// How much may come at once, in bytes as `MsgReceiveBudget` counts them.
#define MSG_MOST_CREDIT 262144
/// How much may come in a second, for ever.
#define MSG_CREDIT_PER_SECOND 65536
/// What each message counts beside its own bytes: the work that it makes.
#define MSG_COST_PER_MESSAGE 256
/// What may come for each byte that we sent: who asks more is told more.
#define MSG_CREDIT_PER_BYTE_SENT 4

/// Counts what comes in from a D-Bus peer, message by message (D-Bus Specification, Message Format), against a credit
/// that grows with time and with what was sent. A message may begin as long as there is credit, and is then let through
/// whole, for the length that it announces is bounded. Times are in microseconds of one clock.
typedef struct {
  uint8_t header[16];
  unsigned header_length;
  uint64_t left;
  int64_t credit;
  int64_t counted;
} MsgReceiveBudget;

/// What is wrong with what came in.
typedef enum { MSG_BUDGET_GOOD, MSG_BUDGET_NO_MESSAGE, MSG_BUDGET_TOO_LONG } MsgReceiveBudgetVerdict;

/// Begins to count, with all the credit that there can be.
void msg_receive_budget_start(MsgReceiveBudget *meter, int64_t now);

/// How many of so many bytes may be read now: 0 where the credit is used up, and never beyond the message's end or that of
/// its first 16 bytes.
size_t msg_receive_budget_allowance(MsgReceiveBudget *meter, size_t wanted, int64_t now);

/// Microseconds until there is credit for some messages more; 0 where there is some now.
int64_t msg_receive_budget_delay(MsgReceiveBudget *meter, int64_t now);

/// Takes note of bytes that were read, no more than were allowed. After another verdict than good nothing may follow.
MsgReceiveBudgetVerdict msg_receive_budget_read(MsgReceiveBudget *meter, const uint8_t *bytes, size_t count);

/// Takes note of bytes that were sent.
void msg_receive_budget_sent(MsgReceiveBudget *meter, size_t count);

/// The length of the message that has begun, as it announces it; 0 before its first 16 bytes are there.
uint64_t msg_receive_budget_message_length(const MsgReceiveBudget *meter);

/// Whether the last message has come to its end.
bool msg_receive_budget_is_between_messages(const MsgReceiveBudget *meter);
