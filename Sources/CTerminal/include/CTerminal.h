#pragma once

#include <stdint.h>

/// How many columns of a terminal a character takes (wcwidth(3), in the C library's own table of Unicode, whatever the
/// locale of the process): 2 for East Asian wide ones, 0 for combining marks and for what is not printed.
///
/// - Parameter character: a Unicode code point.
int msg_columns(uint32_t character);
