#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The longest accepted message, in bytes. Those that a session bus has for msgd have some hundred.
#define MSG_LONGEST_MESSAGE 65536
/// The most credit, in bytes as `MsgReceiveBudget` counts them: so much may arrive at once.
#define MSG_MOST_CREDIT 262144
/// How much may arrive in each second, indefinitely.
#define MSG_CREDIT_PER_SECOND 65536
/// What each message counts in addition to its own bytes, for the work that it causes.
#define MSG_COST_PER_MESSAGE 256
/// How much more may arrive for each byte that was sent, because more questions get more answers.
#define MSG_CREDIT_PER_BYTE_SENT 4

/// Counts the bytes that arrive from a D-Bus peer, message by message (D-Bus Specification, Message Format), against a
/// credit that grows with time and with the bytes that were sent. A message may begin as long as there is credit. It is
/// then let through entirely, because the length that it announces is bounded. Times are in microseconds of one clock.
typedef struct {
  uint8_t header[16];
  unsigned header_length;
  uint64_t left;
  int64_t credit;
  int64_t counted;
} MsgReceiveBudget;

/// The verdict on the bytes that arrived.
typedef enum { MSG_BUDGET_GOOD, MSG_BUDGET_NO_MESSAGE, MSG_BUDGET_TOO_LONG } MsgReceiveBudgetVerdict;

/// Begins to count, with the most credit.
void msg_receive_budget_start(MsgReceiveBudget *meter, int64_t now);

/// Returns how many of the wanted bytes may be read now: 0 if the credit is used up, and never beyond the end of the
/// message or of its first 16 bytes.
size_t msg_receive_budget_allowance(MsgReceiveBudget *meter, size_t wanted, int64_t now);

/// Returns the microseconds until there is credit for some more messages; 0 if there is credit now.
int64_t msg_receive_budget_delay(MsgReceiveBudget *meter, int64_t now);

/// Counts bytes that were read, no more than were allowed. After any verdict other than MSG_BUDGET_GOOD nothing may
/// follow.
MsgReceiveBudgetVerdict msg_receive_budget_read(MsgReceiveBudget *meter, const uint8_t *bytes, size_t count);

/// Counts bytes that were sent.
void msg_receive_budget_sent(MsgReceiveBudget *meter, size_t count);

/// Returns the length that the message that has begun announces; 0 before its first 16 bytes have arrived.
uint64_t msg_receive_budget_message_length(const MsgReceiveBudget *meter);

/// Whether the last message is complete.
bool msg_receive_budget_is_between_messages(const MsgReceiveBudget *meter);
