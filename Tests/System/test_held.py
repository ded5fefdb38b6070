"""What is held for a user while the machine restarts. `rig held` runs the tests before, and then those after."""

import json
import pathlib
import pwd

import pytest

from lib.commands import msg
from lib.desktop import Desktop
from lib.machine import await_that, run

# What the tests before hand on to those after.
NOTES = pathlib.Path("/root/held.json")
EMPTY_SCREEN = pathlib.Path("/root/empty-screen.png")
FOLDER = pathlib.Path("/var/lib/msgd/held")
SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")


def screen_file() -> pathlib.Path:
    """The picture of frank's screen without popups."""
    return pathlib.Path(f"/run/user/{pwd.getpwnam('frank').pw_uid}/empty-screen:4.png")


def delivery(id: str) -> tuple[str, str]:
    """The session of a message's only delivery, and its state."""
    answer = run("busctl", "--json=short", "call", *SERVICE, "GetDeliveries", "t", id).stdout
    [[session, _, _, state, _]] = json.loads(answer)["data"][0]
    return session, state


def is_active(unit: str) -> bool:
    return run("systemctl", "is-active", unit, check=False).stdout.strip() == "active"


def test_before_frank_is_away_and_messages_are_held():
    run("desktops", "up", "frank:gnome", timeout=180)
    EMPTY_SCREEN.write_bytes(screen_file().read_bytes())
    run("desktops", "down", "frank", timeout=90)
    await_that(lambda: "frank" not in msg("--sessions").stdout, lambda: msg("--sessions").stdout)

    options = ("--hold", "1h", "/TIME:0", "--print-id", "/V")
    ids = {}
    for body in ("The laboratory is open", "Never mind"):
        output = msg("frank", *options, body).stdout.splitlines()
        ids[body] = output[0]
        assert output[1].startswith("Message to frank held until ")
    ids["Too late"] = msg("frank", "--hold", "30s", "--print-id", "Too late").stdout.strip()
    msg("--withdraw", ids["Never mind"])
    lines = msg("--held").stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [[ids["The laboratory is open"], "root", "frank"],
                                                        [ids["Too late"], "root", "frank"]]  # fmt: skip
    # A message to a user who doesn't exist, or that can't be kept, is refused.
    assert msg("nobody-here", "--hold", "1h", "Hello").returncode == 67
    run("systemctl", "stop", "msgd")
    assert len(list(FOLDER.iterdir())) == 2
    assert FOLDER.stat().st_mode & 0o777 == FOLDER.parent.stat().st_mode & 0o777 == 0o700

    # It stands when the machine goes down: the notification server leaves before msgd does.
    run("desktops", "up", "alice", timeout=180)
    ids["Unanswered"] = msg("alice", "--hold", "1h", "/TIME:0", "--print-id", "Unanswered").stdout.strip()
    await_that(lambda: delivery(ids["Unanswered"])[1] == "shown", lambda: str(delivery(ids["Unanswered"])))
    NOTES.write_text(json.dumps(ids))


def test_after_the_restart_frank_logs_in_and_gets_his_message():
    ids = json.loads(NOTES.read_text())
    assert is_active("msgd")  # which nobody has called
    assert delivery(ids["The laboratory is open"]) == ("", "held")
    await_that(lambda: delivery(ids["Too late"]) == ("", "expired"), lambda: str(delivery(ids["Too late"])), seconds=40)
    run("desktops", "up", "frank:gnome", timeout=180)
    screen_file().write_bytes(EMPTY_SCREEN.read_bytes())  # the popup stands already
    frank = Desktop("frank")
    await_that(lambda: delivery(ids["The laboratory is open"])[1] == "shown", lambda: str(delivery(ids["The laboratory is open"])))
    frank.screenshot("held")
    frank.run("click-popup")
    wanted = (frank.session_id, "acknowledged")
    await_that(lambda: delivery(ids["The laboratory is open"]) == wanted, lambda: str(delivery(ids["The laboratory is open"])))
    await_that(lambda: len(list(FOLDER.glob("[0-9]*"))) == 1, lambda: str(list(FOLDER.iterdir())))
    assert [line.split()[0] for line in msg("--held").stdout.splitlines()[1:]] == [ids["Unanswered"]]
    assert msg("--withdraw", ids["Never mind"]).returncode == 1


def test_after_the_restart_what_stood_is_shown_again():
    id = json.loads(NOTES.read_text())["Unanswered"]
    assert delivery(id) == ("", "held")
    run("desktops", "up", "alice", timeout=180)
    await_that(lambda: delivery(id)[1] == "shown", lambda: str(delivery(id)))
    msg("--withdraw", id)


@pytest.mark.parametrize("unit", ["msgd-held.service"])
def test_after_the_unit_has_started_what_it_had_to(unit):
    shown = run("systemctl", "show", "--property=Result,ConditionResult", unit).stdout.split()
    assert sorted(shown) == ["ConditionResult=yes", "Result=success"]
