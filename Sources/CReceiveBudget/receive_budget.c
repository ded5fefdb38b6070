#include "CReceiveBudget.h"

#include <string.h>

#define SECOND 1000000
// The credit to wait for in a pause, so that a flood wakes the process 16 times a second and not for each message.
#define LEAST_PAUSE (MSG_CREDIT_PER_SECOND / 16)

enum { ENDIANNESS = 0, VERSION = 3, BODY_LENGTH = 4, FIELDS_LENGTH = 12, HEADER_LENGTH = 16 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

void msg_receive_budget_start(MsgReceiveBudget *meter, int64_t now) {
  *meter = (MsgReceiveBudget){.credit = MSG_MOST_CREDIT, .counted = now};
}

static void refill(MsgReceiveBudget *meter, int64_t now) {
  // A longer time than it takes to fill up makes no difference, and its product could overflow.
  const int64_t most = (int64_t)SECOND * 2 * MSG_MOST_CREDIT / MSG_CREDIT_PER_SECOND;
  const int64_t gained = smaller(now - meter->counted, most) * MSG_CREDIT_PER_SECOND / SECOND;
  if (gained <= 0)
    return;
  meter->credit = smaller(meter->credit + gained, MSG_MOST_CREDIT);
  meter->counted = now;
}

static uint64_t left_of_header(const MsgReceiveBudget *meter) { return HEADER_LENGTH - meter->header_length; }

size_t msg_receive_budget_allowance(MsgReceiveBudget *meter, size_t wanted, int64_t now) {
  refill(meter, now);
  if (msg_receive_budget_is_between_messages(meter) && meter->credit <= 0)
    return 0;
  const uint64_t most = meter->header_length < HEADER_LENGTH ? left_of_header(meter) : meter->left;
  return wanted < most ? wanted : (size_t)most;
}

int64_t msg_receive_budget_delay(MsgReceiveBudget *meter, int64_t now) {
  refill(meter, now);
  if (!msg_receive_budget_is_between_messages(meter) || meter->credit > 0)
    return 0;
  return (LEAST_PAUSE - meter->credit) * SECOND / MSG_CREDIT_PER_SECOND;
}

static uint32_t number(const MsgReceiveBudget *meter, int at) {
  const uint8_t *bytes = meter->header + at;
  return meter->header[ENDIANNESS] == 'l'
             ? (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0]
             : (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint64_t msg_receive_budget_message_length(const MsgReceiveBudget *meter) {
  if (meter->header_length < HEADER_LENGTH)
    return 0;
  const uint64_t fields = ((uint64_t)number(meter, FIELDS_LENGTH) + 7) & ~(uint64_t)7;
  return HEADER_LENGTH + fields + number(meter, BODY_LENGTH);
}

static MsgReceiveBudgetVerdict begin(MsgReceiveBudget *meter) {
  const uint8_t endianness = meter->header[ENDIANNESS];
  if ((endianness != 'l' && endianness != 'B') || meter->header[VERSION] != 1 || number(meter, FIELDS_LENGTH) == 0)
    return MSG_BUDGET_NO_MESSAGE;
  const uint64_t length = msg_receive_budget_message_length(meter);
  if (length > MSG_LONGEST_MESSAGE)
    return MSG_BUDGET_TOO_LONG;
  meter->left = length - HEADER_LENGTH;
  meter->credit -= (int64_t)length + MSG_COST_PER_MESSAGE;
  return MSG_BUDGET_GOOD;
}

MsgReceiveBudgetVerdict msg_receive_budget_read(MsgReceiveBudget *meter, const uint8_t *bytes, size_t count) {
  if (meter->header_length < HEADER_LENGTH) {
    memcpy(meter->header + meter->header_length, bytes, count);
    meter->header_length += (unsigned)count;
    return meter->header_length < HEADER_LENGTH ? MSG_BUDGET_GOOD : begin(meter);
  }
  meter->left -= count;
  if (meter->left == 0)
    meter->header_length = 0;
  return MSG_BUDGET_GOOD;
}

void msg_receive_budget_sent(MsgReceiveBudget *meter, size_t count) {
  meter->credit = smaller(meter->credit + (int64_t)count * MSG_CREDIT_PER_BYTE_SENT, MSG_MOST_CREDIT);
}

bool msg_receive_budget_is_between_messages(const MsgReceiveBudget *meter) { return meter->header_length == 0; }
