#define _GNU_SOURCE // wcwidth, which Swift's module of the C library leaves out
#include "CTerminal.h"

#include <locale.h>
#include <wchar.h>

int msg_columns(uint32_t character) {
  static locale_t unicode; // built into the C library; made once, and kept
  if (unicode == 0 && (unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0)) == 0)
    return 1; // a C library before 2.35 that has no such locale installed
  const locale_t before = uselocale(unicode);
  const int columns = wcwidth((wchar_t)character);
  uselocale(before);
  return columns > 0 ? columns : 0;
}
