#!/usr/bin/python3
"""Starts a program whenever somebody connects to its socket and it doesn't run, as systemd does: socket_activator.py PATH UID COMMAND

Prints a line when it listens. It ends with its standard input, and so does the program.
"""

import os
import pathlib
import select
import socket
import subprocess
import sys


def start(listener, command):
    """Starts the program, with the socket as sd_listen_fds(3) requires."""
    os.dup2(listener.fileno(), 3)
    script = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
    return subprocess.Popen(["sh", "-c", script, "sh", *command], stdin=subprocess.DEVNULL, pass_fds=[3])


def main(path, uid, *command):
    # Descriptor 3 must remain free for the program.
    os.dup2(os.open("/dev/null", os.O_RDWR), 3)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pathlib.Path(path).unlink(missing_ok=True)
    listener.bind(path)
    os.chmod(path, 0o600)
    os.chown(path, int(uid), -1)
    listener.listen(4096)
    print("listening", flush=True)
    process = ended = None
    while True:
        waited = select.select([0, ended if process else listener], [], [])[0]
        if 0 in waited:
            break
        if process:
            process.wait()
            os.close(ended)
            process = None
        else:
            process = start(listener, command)
            ended = os.pidfd_open(process.pid)
    if process:
        process.kill()
        process.wait()


main(*sys.argv[1:])
