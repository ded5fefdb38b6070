"""Changes that only this process and its children see, in a mount namespace of their own: accounts that the machine
doesn't have, and access to a folder that it keeps to root."""

from __future__ import annotations

import ctypes
import grp
import os
import pathlib
import pwd
import subprocess
import tempfile

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x00020000  # sched.h
COPIES = tempfile.TemporaryDirectory(prefix="msg-accounts-")  # removed when this process ends


def add(name: str) -> None:
    """Adds a user and a group of that name, unless the machine has them."""
    isolate()
    known = {account.pw_uid for account in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    id = next(id for id in range(60000, 65000) if id not in known)
    if name not in [group.gr_name for group in grp.getgrall()]:
        append("/etc/group", f"{name}:x:{id}:\n")
    if name not in [account.pw_name for account in pwd.getpwall()]:
        append("/etc/passwd", f"{name}:x:{id}:{grp.getgrnam(name).gr_gid}::/nonexistent:/usr/sbin/nologin\n")


def make_runtime_directories() -> None:
    """Puts an empty file system in memory where logind keeps users' runtime directories."""
    pathlib.Path("/run/user").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/user"], check=True)


def isolate() -> None:
    """Hides all further mounts from everybody else, and leaves nothing of them behind."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def open_way(path: pathlib.Path) -> None:
    """Lets every user reach a folder even if folders above it are closed to others, as root's home is. It must be
    called in a mount namespace of one's own, where it replaces each of them by an open one with the same entries."""
    for folder in [*reversed(path.parents), path]:
        if folder.stat().st_mode & 0o001:
            continue
        place = pathlib.Path(tempfile.mkdtemp(prefix="msg-way-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place], check=True)
        for entry in folder.iterdir():
            if entry.is_symlink():
                (place / entry.name).symlink_to(os.readlink(entry))
                continue
            (place / entry.name).mkdir() if entry.is_dir() else (place / entry.name).touch()
            subprocess.run(["mount", "--rbind", entry, place / entry.name], check=True)
        subprocess.run(["mount", "--move", place, folder], check=True)
        place.rmdir()


def append(path: str, line: str) -> None:
    """Puts another file in a file's place, with one more line."""
    copy = pathlib.Path(COPIES.name, pathlib.Path(path).name)
    is_there = copy.exists()
    copy.write_text(pathlib.Path(path).read_text() + line)
    copy.chmod(0o644)
    if not is_there:
        subprocess.run(["mount", "--bind", copy, path], check=True)
