"""--json and --sessions, for scripts."""

import json
import re
import time
from datetime import datetime, timezone

from bin.screen import release
from lib.commands import msg

KEYS = {
    "host", "id", "session", "session-name", "user", "uid", "state", "reply", "text", "elapsed", "by", "certain", "returns",
    "deferrals", "until", "error", "error-message", "sent", "updated",
}  # fmt: skip


def objects(answer):
    """Returns one object for each line of standard output, which has nothing else."""
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert all(isinstance(value, dict) for value in found)
    return found


def moment(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text), text
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=timezone.utc).timestamp()


def test_an_object_for_each_recipient(desktops):
    before = time.time()
    answer = msg("alice,bob", "--json", "/TIME:5", "hi")
    after = time.time()

    assert (answer.returncode, answer.stderr) == (0, "")
    found = {delivery["user"]: delivery for delivery in objects(answer)}
    assert set(found) == {"alice", "bob"}
    assert len({delivery["id"] for delivery in found.values()}) == 1
    for user, delivery in found.items():
        assert set(delivery) == KEYS
        # Xfce doesn't tell whether a window that fills the screen hides it.
        assert delivery["certain"] is (False if user == "bob" and release() != "12" else None)
        desktop = desktops[user]
        assert delivery["session"] == desktop.session_id
        assert delivery["session-name"] == desktop.session_name
        assert delivery["uid"] == desktop.uid
        assert delivery["state"] == "shown"
        assert isinstance(delivery["id"], int)
        for key in ("sent", "updated"):
            assert before - 1 <= moment(delivery[key]) <= after


def test_who_answered_what_and_when(desktops, start):
    recorders = {user: desktops[user].popups() for user in ("alice", "bob", "carol")}
    sender = start("*", "--json", "/W", "/V", "/TIME:4", "well?")
    for recorder in recorders.values():
        recorder.popup("well?")
    desktops["alice"].click_popup()
    desktops["bob"].dismiss_popup()

    output, _ = sender.communicate(timeout=10)

    assert sender.returncode == 3
    found = {delivery["user"]: delivery for delivery in map(json.loads, output.splitlines())}
    states = {user: delivery["state"] for user, delivery in found.items()}
    assert states == {"alice": "acknowledged", "bob": "dismissed", "carol": "expired"}
    assert 0 < found["alice"]["elapsed"] < 4
    assert moment(found["carol"]["updated"]) - moment(found["carol"]["sent"]) >= 3  # fractions may be cut
    assert not any(delivery["error"] or delivery["reply"] for delivery in found.values())


def test_a_reply_is_in_its_object(bob, start):
    popups = bob.popups()
    sender = start("bob", "--json", "--reply", "yes=Yes", "--reply", "no=No", "/TIME:30", "Lunch?")
    popups.popup("Lunch?")
    bob.click_popup()
    [delivery] = map(json.loads, sender.communicate(timeout=5)[0].splitlines())
    assert (delivery["state"], delivery["reply"]) == ("acknowledged", "no")


def test_a_failure_is_an_object_too(desktops):
    answer = msg("alice,nosuchuser", "--json", "/TIME:5", "hi")
    assert answer.returncode == 1
    found = {delivery["user"]: delivery for delivery in objects(answer)}
    assert found["alice"]["state"] == "shown"
    unknown = found["nosuchuser"]
    assert unknown["state"] == "failed"
    assert not unknown["session"]
    assert unknown["error"].endswith("NoSuchRecipient")
    assert "nosuchuser" in unknown["error-message"]


# --- sessions --------------------------------------------------------------------------------------------------------


def test_sessions_in_columns(desktops):
    answer = msg("--sessions")
    assert (answer.returncode, answer.stderr) == (0, "")
    header = answer.stdout.splitlines()[0]
    assert header.split() == ["SESSIONNAME", "USERNAME", "ID", "STATE", "TYPE", "DEVICE"]
    for user in ("alice", "bob", "carol"):
        desktop = desktops[user]
        assert re.search(rf"^.{re.escape(desktop.session_name)} +{user} +{desktop.session_id} ", answer.stdout, re.M)


def test_sessions_as_objects(desktops):
    answer = msg("--sessions", "--json")
    assert (answer.returncode, answer.stderr) == (0, "")
    for user in ("alice", "bob", "carol"):
        [session] = [value for value in objects(answer) if value["user"] == user]
        assert desktops[user].session_id in session.values()
        assert desktops[user].session_name in session.values()
        assert moment(session["created"]) <= time.time()
