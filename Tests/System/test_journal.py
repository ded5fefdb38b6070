"""What the journal contains about messages, and what it doesn't."""

import json
import pwd

import pytest

from bin.screen import release
from lib.machine import run

pytestmark = pytest.mark.each_release

ACCEPTED, FINAL, UNREACHED, REFUSED = (
    "7cc46af44d8c4baa9df79b6d2fe22668",
    "1661b45a3bc24325ab3b3d37833a8a97",
    "a443c38ccfee4451a5c6b5fd8c790520",
    "02981b9bff984238b289c1db116a8bff",
)
BODY = "b0dy-of-nobody-else"
TITLE = "t1tle-of-nobody-else"
SEND = ("gdbus", "call", "--system", "--dest", "org.msgd.Messenger1", "--object-path", "/org/msgd/Messenger1", "--method")


def journal(kind, *matches):
    """Returns the matching records of a kind, once the journal has all that was written before."""
    run("journalctl", "--sync")
    lines = run("journalctl", "--output=json", "--boot", f"MESSAGE_ID={kind}", *matches).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_a_message_has_its_record(alice):
    id = alice.run("msg", "alice", "--print-id", "/TIME:0", "--title", TITLE, BODY).stdout.strip()
    [record] = journal(ACCEPTED, f"MSGD_ID={id}")
    uid = pwd.getpwnam("alice").pw_uid
    assert record["MESSAGE"] == f"message {id} from uid {uid} to alice: 1 sessions"
    assert record["MSGD_RECIPIENT"] == "alice"
    assert record["MSGD_SENDER_UID"] == str(uid)
    assert record["MSGD_SENDER_UNIT"] == f"session-{alice.session_id}.scope"
    assert int(record["MSGD_SENDER_PID"]) > 1
    assert record["PRIORITY"] == "6"
    assert record["SYSLOG_IDENTIFIER"] == "msgd"
    assert record["_SYSTEMD_UNIT"] == "msgd.service"
    alice.run("msg", "--withdraw", id)


def test_a_service_is_named_as_the_sender(bob):
    unit = "message-of-a-service"
    run("systemd-run", "--wait", f"--unit={unit}", "msg", "bob", "dave", "/TIME:1", "/W", BODY, check=False)
    [record] = journal(ACCEPTED, f"MSGD_SENDER_UNIT={unit}.service")
    assert record["MSGD_SENDER_UID"] == "0"


def test_a_unit_that_may_be_anothers_is_not_named(alice):
    """A process of alice's in a service of root's. By its number alone, which is all that the bus of Debian 12 tells, it may
    have been another user's."""
    run(
        "systemd-run", "--wait", "--collect", "--unit=service-of-root", "setpriv", f"--reuid={alice.user}", f"--regid={alice.user}",
        "--clear-groups", "msg", "alice", "/TIME:1", "/W", BODY, check=False,
    )  # fmt: skip
    record = journal(ACCEPTED, f"MSGD_SENDER_UID={alice.uid}")[-1]
    assert record["MSGD_SENDER_PID"]
    assert record.get("MSGD_SENDER_UNIT") == (None if release() == "12" else "service-of-root.service")


def test_each_end_has_its_record(alice, bob):
    id = run("msg", "alice,bob,nobody-here,dave", "--print-id", "/TIME:1", "/W", BODY, check=False).stdout.strip()
    records = {record["MSGD_USER"]: record for record in journal(FINAL, f"MSGD_ID={id}")}
    assert {user: record["MSGD_STATE"] for user, record in records.items()} == {"alice": "expired", "bob": "expired"}
    for desktop in (alice, bob):
        record = records[desktop.user]
        assert record["MSGD_UID"] == str(desktop.uid)
        assert record["MSGD_SESSION"] == desktop.session_id
        assert record["MSGD_SENDER_UID"] == "0"
        assert 1_000_000 <= int(record["MSGD_ELAPSED_USEC"]) < 10_000_000
    [record] = journal(UNREACHED, f"MSGD_ID={id}")
    assert sorted(record["MSGD_RECIPIENT"]) == ["dave", "nobody-here"]
    assert record["MSGD_STATE"] == "failed"
    assert sorted(record["MSGD_ERROR"]) == ["org.msgd.Error.NoSession", "org.msgd.Error.NoSuchRecipient"]
    assert record["MESSAGE"].startswith(f"message {id} to nobody-here, dave: failed: ")
    # Who messaged alice today, as docs/ADMIN.md explains.
    today = run("journalctl", "--since=today", "--output=json", f"MESSAGE_ID={FINAL}", "MSGD_USER=alice").stdout
    assert id in [json.loads(line)["MSGD_ID"] for line in today.splitlines()]


def test_a_refusal_has_its_record(alice):
    uid = pwd.getpwnam("alice").pw_uid
    alice.run(*SEND, "org.msgd.Messenger1.Send", "['*']", BODY, "{}", check=False)
    record = journal(REFUSED, f"MSGD_SENDER_UID={uid}", "MSGD_ERROR=org.msgd.Error.NotAuthorized")[-1]
    assert record["MESSAGE"].startswith(f"refused uid {uid}: alice may not ")
    assert record["PRIORITY"] == "5"


def test_the_text_is_nowhere_in_the_journal(alice):
    alice.run("msg", "alice", "/TIME:1", "/W", "--title", TITLE, "--reply", "key-of-a-reply=Yes", BODY, check=False)
    run("journalctl", "--sync")
    service = run("journalctl", "--boot", "--output=json", "--unit=msgd").stdout
    assert FINAL in service
    for secret in (BODY, TITLE, "key-of-a-reply"):
        assert secret not in service


def test_a_stopped_journal_delays_no_message(alice):
    """journald is frozen, as by a full disk. Its sockets fill up, and messages go on."""
    run("msg", "alice", "/TIME:1", "/W", BODY, check=False)
    run("systemctl", "kill", "--signal=STOP", "systemd-journald")
    try:
        # Each recipient is a record. Sockets hold net.unix.max_dgram_qlen of them, which systemd raises to 512.
        nobodies = ",".join(f"nobody-{number}" for number in range(50))
        for _ in range(12):
            run("msg", f"alice,{nobodies}", "/TIME:1", "/W", "--quiet", BODY, check=False)
        assert run("msg", "alice", "/TIME:1", "/W", BODY, check=False).returncode == 3
    finally:
        run("systemctl", "kill", "--signal=CONT", "systemd-journald")


def test_the_catalog_explains_the_records(alice):
    run("msg", "alice", "/TIME:1", "/W", BODY, check=False)
    run("journalctl", "--sync")
    for kind, subject in ((ACCEPTED, "A message was accepted"), (FINAL, "A delivery has ended")):
        assert subject in run("journalctl", "--catalog", "--boot", "--lines=1", f"MESSAGE_ID={kind}").stdout
