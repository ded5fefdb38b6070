#pragma once
#include "CConnect.h"

/// Writes a text on a terminal of the user that this process is, with one write(2) that doesn't block.
struct msg_connect_reply write_on_terminal(const struct msg_connect_message *message);
