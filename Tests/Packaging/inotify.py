"""What happens to the files of folders, by inotify(7)."""

import ctypes
import os
import struct

MODIFIED, ATTRIBUTES, WRITTEN, MOVED_FROM, MOVED_TO, CREATED, DELETED = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
OVERFLOW = 0x4000
WATCHED = MODIFIED | ATTRIBUTES | WRITTEN | MOVED_FROM | MOVED_TO | CREATED | DELETED
HEADER = struct.Struct("iIII")

libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Collects the events of some folders."""

    def __init__(self, folders):
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._folders = {self._add(folder): folder for folder in folders}

    def _add(self, folder):
        number = libc.inotify_add_watch(self._descriptor, os.fsencode(folder), WATCHED)
        if number < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        return number

    def events(self):
        """The path and the kind of each event until now, in their order."""
        found = []
        while data := self._read():
            while data:
                number, kind, _, length = HEADER.unpack_from(data)
                assert not kind & OVERFLOW
                name = data[HEADER.size : HEADER.size + length].rstrip(b"\0").decode()
                found.append((self._folders[number] / name, kind))
                data = data[HEADER.size + length :]
        return found

    def _read(self):
        try:
            return os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return b""

    def close(self):
        os.close(self._descriptor)
