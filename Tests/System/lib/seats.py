"""Graphics cards for the machine's seats."""

import contextlib
import pathlib

from lib.machine import run

# The device that stands in for a graphics card. It is in every kernel that can run the machine.
DEVICE = pathlib.Path("/sys/class/misc/tun/dev")
UDEV = pathlib.Path("/run/udev")


@contextlib.contextmanager
def graphics_card(seat):
    """Gives a seat a graphics card meanwhile, which makes a seat other than seat0. A container has no device of its own
    and no udev, so the record is made here that udev makes of such a device. logind reads it when it starts."""
    number = "c" + DEVICE.read_text().strip()
    record, tag = UDEV / "data" / number, UDEV / "tags/master-of-seat" / number
    for file in (record, tag):
        file.parent.mkdir(parents=True, exist_ok=True)
    tags = "".join(f"{kind}:{name}\n" for kind in "GQ" for name in ("master-of-seat", "seat"))
    record.write_text(f"I:1\nE:ID_SEAT={seat}\n{tags}V:1\n")
    tag.touch()
    run("systemctl", "restart", "systemd-logind")
    assert run("loginctl", "show-seat", "--property=CanGraphical", "--value", seat).stdout == "yes\n"
    try:
        yield
    finally:
        for file in (record, tag):
            file.unlink()
        run("systemctl", "restart", "systemd-logind")
