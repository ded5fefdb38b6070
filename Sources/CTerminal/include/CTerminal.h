#pragma once

#include <stdint.h>

/// Returns how many columns of a terminal a character takes: 2 for East Asian wide ones, 0 for combining marks and
/// unprintable characters. It uses wcwidth(3) with the C library's own table of Unicode, whatever the locale of the
/// process.
///
/// - Parameter character: a Unicode code point.
int msg_columns(uint32_t character);
