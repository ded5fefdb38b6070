"""The reports to senders, compared with the screen: the same checks for every notification server.

Each is a test of a desktop in etc/desktops and a cell in docs/DESKTOPS.md. By itself pytest checks the desktops that
are small enough for every run. `rig conform` checks all of them, a group at a time.
"""

import json
import time
from contextlib import contextmanager

import pytest
from PIL import ImageChops

from lib import screen_numbers
from lib.commands import msg
from lib.desktop import RESULTS
from lib.machine import HERE, run
from lib.notification_server import received
from lib.popup_durations import FOREVER
from lib.popup_visibility import PopupVisibility
from lib.sample_texts import TEXTS
from lib.whole_text_window import ACTION, TEXT, arrived, await_window, button, can_be_read_to_its_end, close


# --- texts -------------------------------------------------------------------------------------------------------------


def test_texts_arrive_exactly(subject, conclude):
    unlike = []
    for name, text in TEXTS.items():
        popups = subject.popups()
        with shown(subject, text):
            if not arrived(subject, popups.popup(), text):
                unlike.append(name)
    subject.screen.await_no_popup()
    conclude("text", "changed: " + ", ".join(unlike) if unlike else "exact", not unlike)


@contextmanager
def shown(desktop, text, *options):
    """Shows a message meanwhile, and gives its id."""
    answer = msg(desktop.user, "/TIME:0", "--print-id", "--title=Title", *options, "--", text)
    assert answer.returncode == 0, answer.stderr
    id = answer.stdout.strip()
    try:
        yield id
    finally:
        assert msg("--withdraw", id).returncode == 0


def picture_of(desktop, text):
    """Returns the look of a popup with this text, in which nothing depends on the time."""
    with shown(desktop, text):
        picture = desktop.screen.popup_picture()
    desktop.screen.await_no_popup()
    return picture


@pytest.mark.parametrize(
    "check, text, other",
    [("markup", "a <b></b>&amp; b", "a & b"), ("newlines", "first\nsecond", "first second")],
)
def test_texts_look_as_they_are(subject, conclude, check, text, other):
    """Two texts that would look the same if markup were read, or line breaks weren't."""
    pictures = [picture_of(subject, text) for _ in range(2)]
    while pictures.count(pictures[-1]) < 2:
        assert len(pictures) < 5, "the same text never looks the same"
        pictures.append(picture_of(subject, text))
    differ = pictures[-1] != picture_of(subject, other)
    conclude(check, "as it is" if differ else "lost", differ)


# --- time --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def durations(subject, desktop_groups, times):
    return desktop_groups.popup_durations(times)


def test_a_popup_stands_for_its_time(subject, conclude, durations, times):
    late, certainly, early, reports = [], [], [], set()
    for seconds in times:
        result = durations[subject.user, seconds]
        if isinstance(result, BaseException):
            raise result
        early += [seconds] if result.at_least < seconds else []
        late.append(result.at_most - seconds)
        certainly.append(result.seen - seconds)
        reports.add(result.report)
    holds = not early and max(certainly) <= 0.3 and len(reports) == 1 and reports.pop().startswith("Timeout")
    conclude("time", f"gone {max(late):.2f} s after" if not early else f"early: {early}", holds)


def test_a_popup_without_a_time_stays(subject, conclude, durations):
    result = durations[subject.user, FOREVER]
    conclude("forever", str(getattr(result, "report", result)), not isinstance(result, BaseException))


# --- answers -----------------------------------------------------------------------------------------------------------


def answered(subject, start, act):
    """Returns msg's exit status and last line after the user has done something to a popup."""
    popups = subject.popups()
    sender = start(subject.user, "/W", "/V", "/TIME:20", "Reboot at 18:00. Please save your work & log out.")
    popups.popup()
    subject.screen.await_popup()
    act()
    output, errors = sender.communicate(timeout=25)
    assert errors == ""
    subject.park_pointer()
    subject.screen.await_no_popup()
    return sender.returncode, output.splitlines()[-1].partition(subject.session_name)[2].strip()


ACKNOWLEDGED = (0, "responded to by user")
DISMISSED = (3, "closed without response")


PICTURES = RESULTS / "desktops"


def picture_file(subject, *what):
    PICTURES.mkdir(exist_ok=True)
    return PICTURES / f"{'-'.join([subject.user, *what])}.png"


@pytest.mark.each_release
def test_a_click_on_ok_acknowledges(subject, conclude, start):
    def act():
        subject.screen.popup_picture(margin=12).save(picture_file(subject))
        subject.click_popup()

    outcome = answered(subject, start, act)
    conclude("ok", outcome[1], outcome == ACKNOWLEDGED)


@pytest.mark.each_release
def test_a_click_on_the_popup_acknowledges(subject, conclude, start):
    if "DEFAULT" not in subject.recipe:
        conclude("default", "has none", True)
        return
    outcome = answered(subject, start, lambda: subject.click_popup("default"))
    conclude("default", outcome[1], outcome == ACKNOWLEDGED)


@pytest.mark.each_release
def test_closing_is_a_dismissal(subject, conclude, start):
    outcome = answered(subject, start, subject.dismiss_popup)
    conclude("dismiss", outcome[1], outcome == DISMISSED)


def test_a_long_text_is_shown_whole(subject, conclude, start):
    """In a window that the user opens: with a button, or in the desktop's own way."""
    popups = subject.popups()
    sender = start(subject.user, "/W", "/V", "/TIME:60", "--title=Long", TEXT)
    popup = popups.popup()
    subject.screen.await_popup()
    if ACTION not in popup.actions:
        conclude("whole", "no program for a window", received(subject, popup) == TEXT)
        return
    ask_for_all(subject)
    window = await_window(subject)
    at_rest(lambda: subject.screen.picture_of(window)).save(picture_file(subject, "whole"))
    readable = can_be_read_to_its_end(subject, window)
    close(subject)
    output, _ = sender.communicate(timeout=10)
    subject.park_pointer()
    subject.screen.await_no_popup()
    outcome = (sender.returncode, output.splitlines()[-1].partition(subject.session_name)[2].strip())
    conclude("whole", outcome[1] if readable else "its end can't be read", readable and outcome == ACKNOWLEDGED)


def ask_for_all(subject):
    """Opens it like a user: by a click on the button, or by the command that replaces it."""
    if command := subject.recipe.get("SHOW_ALL_COMMAND"):
        subject.run("sh", "-c", command)
    else:
        subject.click(button(subject, subject.recipe["SHOW_ALL"].split(" / ")))


@pytest.mark.each_release
def test_an_answer_in_words_is_typed(subject, conclude, start):
    """Into the popup itself, or into a window that a click on its button opens."""
    popups = subject.popups()
    sender = start(subject.user, "--ask=Room?", "/TIME:60", "Where do you sit today?")
    if not becomes(lambda: sender.poll() is not None or popups.popups(), timeout=10):
        raise TimeoutError("msg neither shows a popup nor gives up")
    if sender.poll() is not None:
        _, errors = sender.communicate()
        conclude("ask", "no program for a window", "install zenity or kdialog" in errors)
        return
    popup = popups.popup()
    has_field = "inline-reply" in popup.actions
    if has_field:
        subject.click(subject.recipe["ANSWER"])
    else:
        subject.click_popup()
        popups.action(popup.id)
        subject.park_pointer()
        await_program(subject, "zenity")
    before = at_rest(subject.screen.picture)
    subject.screen.xdotool("type", "--delay", "50", "Room 4 & <5>")
    assert becomes(lambda: subject.screen.picture() != before, timeout=10), "nothing is typed"
    at_rest(subject.screen.picture).save(picture_file(subject, "ask"))
    subject.screen.xdotool("key", "Return")
    output, errors = sender.communicate(timeout=15)
    subject.screen.await_no_popup()
    typed = output == f"{subject.user}\tRoom 4 & <5>\n"
    outcome = ("in the popup" if has_field else "in a window") if typed else errors or output
    conclude("ask", outcome.strip(), typed)


@pytest.mark.each_release
def test_a_window_shows_it_instead(subject, conclude, start):
    """Read to its end, and answered with its OK."""
    sender = start(subject.user, "--window", "/W", "--json", "/TIME:60", "--title=Long", TEXT)
    if not becomes(lambda: sender.poll() is not None or subject.screen.popup(), timeout=20):
        raise TimeoutError("msg neither opens a window nor gives up")
    if sender.poll() is not None:
        report = json.loads(sender.communicate()[0])
        conclude("window", "no program for a window", "install zenity, kdialog or xmessage" in report["error-message"])
        return
    shown = await_window(subject)
    at_rest(lambda: subject.screen.picture_of(shown)).save(picture_file(subject, "window"))
    readable = can_be_read_to_its_end(subject, shown)
    close(subject)
    report = json.loads(sender.communicate(timeout=10)[0])
    subject.park_pointer()
    subject.screen.await_no_popup()
    outcome = (report["state"], report["by"])
    conclude("window", outcome[0] if readable else "its end can't be read", readable and outcome == ("acknowledged", "window"))


def await_program(subject, name):
    """Waits until the user runs a program, and the screen shows something."""
    runs = ("pgrep", "--uid", subject.user, "--exact", name)
    assert becomes(lambda: run(*runs, check=False).returncode == 0, timeout=20), f"{name} does not start"
    subject.screen.await_popup(timeout=20)


# --- what is on the screen ---------------------------------------------------------------------------------------------

# The longest of everything: of Latin letters as wide as capitals, and of characters that are twice as wide. Each part
# begins with a digit, which is exchanged for another one, so that nothing else moves.
MOST = {"title": "6" + "W" * 255, "body": "6" + " W" * 124, "replies": ["6ABCDEFGHI", "6JKLMNOPQR", "6STUVWXY"]}
WIDE = {"title": "6" + "漢" * 255, "body": "6" + "漢" * 248, "replies": ["6" + "漢" * 4] * 3}


@pytest.mark.parametrize("check, most", [("room", MOST), ("room_wide", WIDE)])
def test_the_most_and_longest_that_is_taken_has_room(subject, conclude, check, most):
    """Title, text and each button are on the screen: a change at the beginning of each is visible."""
    picture = stable(lambda: picture_of_message(subject, most))
    picture.save(picture_file(subject, check))
    parts = {"title": with_part(most, "title"), "text": with_part(most, "body")}
    if shows_buttons(subject):
        parts |= {f"button {number + 1}": with_label(most, number) for number in range(len(most["replies"]))}
    hidden = [part for part, message in parts.items() if picture_of_message(subject, message) == picture]
    width, height = picture.size
    outcome = f"hidden: {', '.join(hidden)}" if hidden else f"{width} × {height}"
    conclude(check, outcome, not hidden and width < subject.screen.area.width and height < subject.screen.area.height)


def otherwise(text):
    return "8" + text[1:]


def with_part(message, part):
    return message | {part: otherwise(message[part])}


def with_label(message, number):
    labels = [otherwise(label) if place == number else label for place, label in enumerate(message["replies"])]
    return message | {"replies": labels}


def shows_buttons(subject):
    """Whether popups have buttons. dunst and mako have a menu or a command instead."""
    return "SHOW_ALL_COMMAND" not in subject.recipe


def picture_of_message(subject, message):
    replies = [word for number, label in enumerate(message["replies"]) for word in (f"key-{number}", label)]
    options = ("title", "s", message["title"], "timeout", "u", "0", "replies", "a(ss)", str(len(message["replies"])), *replies)
    call = ("busctl", "--json=short", "call", *SERVICE, "Send", "assa{sv}", "1", subject.user, message["body"], "3", *options)
    id = json.loads(run(*call).stdout)["data"][0]
    picture = subject.screen.popup_picture()
    run("msg", "--withdraw", str(id))
    subject.screen.await_no_popup()
    return picture


def stable(take):
    """Takes a picture that is the same twice, because the same message doesn't always look the same."""
    pictures = [take() for _ in range(2)]
    while pictures.count(pictures[-1]) < 2:
        assert len(pictures) < 5, "the same message never looks the same"
        pictures.append(take())
    return pictures[-1]


# --- what the desktop keeps back ---------------------------------------------------------------------------------------


def report_and_sight(subject, *options, seconds=0, send=msg):
    """Returns what msg reports, and whether a popup is visible."""
    answer = send(subject.user, "--json", f"/TIME:{seconds}", "--print-id", *options, "psst")
    report = json.loads(answer.stdout)
    try:
        # On a busy machine a popup that is reported as shown may come late. One that isn't must stay away for some
        # time.
        subject.screen.await_popup(timeout=10 if report["state"] == "shown" and report["certain"] is None else 2)
        seen = True
    except TimeoutError:
        seen = False
    run("msg", "--withdraw", str(report["id"]), check=False)
    return report, seen


def compare(subject, conclude, check, *options, seconds=0):
    report, seen = report_and_sight(subject, *options, seconds=seconds)
    state, certain = report["state"], report["certain"] is None
    said = state if certain else f"{state} (not certain)"
    holds = state == ("shown" if seen or not certain else "suppressed")
    conclude(check, f"{said}, {'seen' if seen else 'not seen'}", holds)


@pytest.mark.parametrize("urgency", ["critical", "normal"])
def test_do_not_disturb_is_reported(subject, conclude, request, urgency):
    if "QUIET_ON" not in subject.recipe:
        conclude(f"quiet_{urgency}", "has none", True)
        return
    set_quiet(subject, "QUIET_ON")
    request.addfinalizer(subject.screen.await_no_popup)
    request.addfinalizer(lambda: set_quiet(subject, "QUIET_OFF"))
    compare(subject, conclude, f"quiet_{urgency}", f"--urgency={urgency}")


def set_quiet(subject, way):
    subject.run("sh", "-c", subject.recipe[way])
    if "QUIET_AT_START" in subject.recipe:
        subject.restart_server()


def test_another_users_message_does_not_disturb(subject, alice, request):
    """For desktops that can be asked for the setting, or hold everything back; critical popups may be shown."""
    if "QUIET_ON" not in subject.recipe or "QUIET_UNTOLD" in subject.recipe:
        return
    set_quiet(subject, "QUIET_ON")
    request.addfinalizer(subject.screen.await_no_popup)
    request.addfinalizer(lambda: set_quiet(subject, "QUIET_OFF"))

    def send(*words):
        return alice.run("msg", *words, check=False)

    report, seen = report_and_sight(subject, "--urgency=critical", send=send)
    assert (report["state"], seen) == ("suppressed", False)


def test_low_urgency_is_reported(subject, conclude):
    compare(subject, conclude, "low", "--urgency=low")
    subject.screen.await_no_popup()


def test_what_a_full_screen_hides_is_reported(subject, conclude, request):
    fill_screen(subject, request)
    compare(subject, conclude, "fullscreen", seconds=30)


def fill_screen(subject, request):
    """Fills the screen with a window, like a game or a presentation, until the test ends."""
    command = subject.recipe.get("FILL_SCREEN", "fill-screen")
    request.addfinalizer(subject.screen.remember_empty)
    window = subject.start("sh", "-c", f"exec {command}")
    request.addfinalizer(window.kill)
    assert becomes(lambda: subject.screen.is_covered(), timeout=20), "no window fills the screen"
    subject.screen.remember_empty()


def compare_fallback(subject, conclude, check):
    """What is reported of a message that a window is to show if the desktop keeps its popup back, and what is seen."""
    answer = msg(subject.user, "--json", "/TIME:0", "--print-id", "--title=Long", "--window=fallback", TEXT)
    report = json.loads(answer.stdout)
    by = report["by"]
    try:
        if by == "window":
            await_window(subject)
        elif by == "popup":
            subject.screen.await_popup(timeout=10)
        seen = by or "nothing"
        subject.screen.picture().save(picture_file(subject, check))
    except (AssertionError, TimeoutError):
        seen = "not seen"
    run("msg", "--withdraw", str(report["id"]), check=False)
    without_program = "install zenity, kdialog or xmessage" in (report["error-message"] or "")
    said = "no program for a window" if without_program else f"{report['state']}, {seen}"
    certain = report["certain"] is None
    if not certain:
        said = f"{report['state']} (not certain), {seen}"
    conclude(check, said, without_program or report["state"] == "shown" and (seen != "not seen" or not certain))


def test_a_window_is_seen_though_popups_do_not_disturb(subject, conclude, request):
    if "QUIET_ON" not in subject.recipe:
        conclude("fallback_quiet", "has none", True)
        return
    set_quiet(subject, "QUIET_ON")
    request.addfinalizer(subject.screen.await_no_popup)
    request.addfinalizer(lambda: set_quiet(subject, "QUIET_OFF"))
    compare_fallback(subject, conclude, "fallback_quiet")


def test_a_window_is_seen_on_a_full_screen(subject, conclude, request):
    fill_screen(subject, request)
    compare_fallback(subject, conclude, "fallback_fullscreen")


# --- many --------------------------------------------------------------------------------------------------------------


def test_the_same_message_twice_is_shown_twice(subject, conclude):
    """In two popups, or twice in one that is larger then."""
    one = picture_of(subject, "the same")
    popups = subject.popups()
    with shown(subject, "the same"), shown(subject, "the same"):
        ids = {event.id for event in popups.popups()}
        seen = becomes(lambda: subject.screen.await_popup().height > one.height)
    subject.screen.await_no_popup()
    in_one = "ONE_AT_A_TIME" in subject.recipe
    outcome = "one seen" if not seen else "seen in one" if in_one else "two seen"
    conclude("twice", outcome, seen and (in_one or len(ids) == 2))


def test_ok_is_about_the_messages_that_the_popup_holds(subject, conclude):
    """Two, and then three more, where one popup holds them."""
    if "ONE_AT_A_TIME" not in subject.recipe:
        conclude("several", "a popup each", True)
        return
    first = [sent_together(subject, f"early {number}") for number in range(2)]
    before = states_at_ok(subject, "early", first)
    second = [sent_together(subject, f"late {number}") for number in range(3)]
    between = [state_of(id) for id in first]
    after = states_at_ok(subject, "late", second)
    outcome = "OK is about those that it holds" if before + between + after == 7 * ["acknowledged"] else str([before, between, after])
    conclude("several", outcome, outcome.startswith("OK"))


def sent_together(subject, text):
    """Sends a message, which is shown beside those before; returns its id."""
    answer = json.loads(msg(subject.user, "--json", "/TIME:0", "--title=Title", text).stdout)
    assert answer["state"] == "shown", answer
    return answer["id"]


def states_at_ok(subject, what, ids):
    """Presses the popup's OK; returns the states of the messages then."""
    at_rest(subject.screen.popup_picture).save(picture_file(subject, "several", what))
    subject.click(subject.recipe.get("OK_OF_TWO", subject.recipe["OK"]))
    subject.park_pointer()
    subject.screen.await_no_popup()
    becomes(lambda: all(state_of(id) != "shown" for id in ids))
    return [state_of(id) for id in ids]


def becomes(condition, timeout=3):
    """Whether a condition becomes true in time, because some popups slide in."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        pass
    return condition()


def test_what_is_reported_of_many_is_what_was_seen(subject, conclude):
    """25 at once. Each has a number that must be readable on the screen for half of its time, because some fade in and
    out."""
    visibility = PopupVisibility(subject)
    senders = [HERE.start("msg", subject.user, "/W", "/TIME:6", "--json", "--title=Title", screen_numbers.text(number)) for number in range(screen_numbers.NUMBERS)]
    visibility.watch(until=lambda: all(sender.poll() is not None for sender in senders))
    answers = [json.loads(sender.communicate(timeout=5)[0]) for sender in senders]
    said = {number: answer["state"] for number, answer in enumerate(answers)}
    subject.screen.await_no_popup()
    counts = {state: list(said.values()).count(state) for state in sorted(set(said.values()))}
    untrue = {number: visibility.seconds(number) for number, state in said.items() if (state == "expired") != (visibility.seconds(number) >= 3)}
    print("seen otherwise, for so many seconds:", untrue, [answers[number] for number in untrue])
    outcome = ", ".join(f"{count} {state}" for state, count in counts.items())
    conclude("many", f"{outcome}; {len(untrue)} not as seen" if untrue else outcome, not untrue)


def at_rest(take):
    """Takes pictures until they have been the same for a second: on a busy machine popups move first, and the new one is
    drawn later. So is what a window shows. A cursor may blink in it, so it takes ten seconds at most."""
    picture, since = take(), time.monotonic()
    deadline = since + 10
    while time.monotonic() < min(since + 1, deadline):
        if (newer := take()) != picture:
            picture, since = newer, time.monotonic()
    return picture


def alike(one, other):
    """Whether two pictures are the same but for a few pixels: MATE doesn't always draw a corner in the same way."""
    if one.size != other.size:
        return False
    histogram = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L").histogram()
    return sum(histogram[1:]) < one.width * one.height / 1000


def test_roots_is_seen_though_anothers_popups_stand(subject, alice):
    """Three that stay until they are answered. Root's joins them where one popup holds all, and the last one gives way
    and comes again if three are shown at a time."""
    beside_root = ["shown", "shown", "pending" if "THREE_AT_A_TIME" in subject.recipe else "shown"]
    sent, before = [], None
    for number in range(3):
        answer = alice.run("msg", subject.user, "/TIME:0", "--json", "--title=Title", f"alice's number {number}", check=False)
        sent.append(json.loads(answer.stdout))
        # On a busy machine a popup that is reported as shown may come late.
        assert becomes(lambda: subject.screen.popup_picture() != before, timeout=10)
        before = at_rest(subject.screen.popup_picture)
    assert [one["state"] for one in sent] == 3 * ["shown"]
    with shown(subject, "from root"):
        assert becomes(lambda: subject.screen.popup_picture() != before, timeout=10)
        with_roots = at_rest(subject.screen.popup_picture)
        with_roots.save(picture_file(subject, "roots"))
        assert [state_of(one["id"]) for one in sent] == beside_root
    # notification-daemon's popup gets no smaller again.
    is_back = with_roots.__ne__ if "ONE_AT_A_TIME" in subject.recipe else lambda picture: alike(picture, before)
    assert becomes(lambda: is_back(subject.screen.popup_picture()), timeout=10)
    at_rest(subject.screen.popup_picture).save(picture_file(subject, "without-roots"))
    assert becomes(lambda: [state_of(one["id"]) for one in sent] == 3 * ["shown"])
    for one in sent:
        run("msg", "--withdraw", str(one["id"]))
    subject.screen.await_no_popup()


# --- changes -----------------------------------------------------------------------------------------------------------


@contextmanager
def changing(subject, text, *options):
    """Shows a message meanwhile, and gives a function that changes it."""

    def change(*changes):
        answer = msg("--update", id, *changes)
        assert (answer.returncode, answer.stderr) == (0, "")

    with shown(subject, text, *options) as id:
        subject.screen.await_popup()
        yield change
    subject.screen.await_no_popup()


@pytest.mark.each_release
def test_a_message_changes_in_its_place(subject, conclude):
    """After the change the popup looks as one that had the new text from the beginning, and there is no other."""
    new = at_rest_with(subject, "Reboot in 9 minutes")
    with changing(subject, "Reboot in 10 minutes") as change:
        old = at_rest(subject.screen.popup_picture)
        change("Reboot in 9 minutes")
        is_new = becomes(lambda: alike(subject.screen.popup_picture(), new), timeout=10)
        picture = at_rest(subject.screen.popup_picture)
        picture.save(picture_file(subject, "update"))
    outcome = "in place" if is_new else "looks otherwise" if picture != old else "not changed"
    conclude("update", outcome, is_new and picture != old)


def at_rest_with(subject, text):
    with changing(subject, text):
        return at_rest(subject.screen.popup_picture)


@pytest.mark.each_release
def test_progress_is_seen(subject, conclude):
    """Beside the text, which is seen to change too."""
    popups = subject.popups()
    with changing(subject, "Copying", "--progress=20") as change:
        before = at_rest(subject.screen.popup_picture)
        draws = "20%" not in received(subject, popups.popup())
        change("--progress=80")
        differs = becomes(lambda: subject.screen.popup_picture() != before, timeout=10)
        after = at_rest(subject.screen.popup_picture)
        after.save(picture_file(subject, "progress"))
        change("Removing")
        differs = differs and becomes(lambda: subject.screen.popup_picture() != after, timeout=10)
    conclude("progress", ("a bar" if draws else "a line") if differs else "not seen", differs)


def test_a_server_that_restarts_is_reported(subject, conclude, start):
    popups = subject.popups()
    sender = start(subject.user, "/W", "/TIME:30", "--json", "until the server restarts")
    popups.popup()
    subject.screen.await_popup()
    subject.restart_server()
    state = json.loads(sender.communicate(timeout=10)[0])["state"]
    subject.screen.await_no_popup()
    sender = start(subject.user, "/W", "/TIME:2", "--json", "by the new one")
    subject.screen.await_popup()
    then = json.loads(sender.communicate(timeout=10)[0])["state"]
    subject.screen.await_no_popup()
    conclude("restart", state, (state, then) == ("failed", "expired"))


@pytest.mark.each_release
def test_a_lock_of_the_screen_is_reported(subject, conclude, request):
    """Whether a message can be read on a locked screen, and when it is unlocked."""
    if "LOCK" not in subject.recipe:
        conclude("lock", "not tried", True)
        return
    with shown(subject, "psst"):
        place, picture = subject.screen.await_popup(), subject.screen.popup_picture()
    subject.screen.await_no_popup()
    request.addfinalizer(subject.screen.await_no_popup)
    subject.run("sh", "-c", subject.recipe["LOCK"])
    becomes(subject.screen.popup, timeout=5)  # an empty screen may be as black as a locked one
    answer = json.loads(msg(subject.user, "--json", "/TIME:0", "--title=Title", "psst").stdout)
    request.addfinalizer(lambda: run("msg", "--withdraw", str(answer["id"]), check=False))
    readable = becomes(lambda: subject.screen.shows(picture, place))
    subject.run("sh", "-c", subject.recipe["UNLOCK"])
    seen = becomes(lambda: subject.screen.shows(picture, place), timeout=10)
    then = state_of(answer["id"])
    conclude(
        "lock",
        f"{answer['state']}, {'readable' if readable else 'hidden'}; unlocked: {then}, {'seen' if seen else 'not seen'}",
        (answer["state"] == "shown") == readable and (then, seen) == ("shown", True),
    )


SERVICE = ("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1")


def state_of(id):
    """Returns the state of a message's only delivery."""
    answer = run("busctl", "--json=short", "call", *SERVICE, "GetDeliveries", "t", str(id)).stdout
    return json.loads(answer)["data"][0][0][3]


def test_users_can_configure_the_popups(subject, conclude):
    """The desktop knows which program the popups belong to, if it keeps a list of programs."""
    if "LISTED" not in subject.recipe:
        conclude("listed", "none to ask", True)
        return
    with shown(subject, "who is it from?"):
        subject.screen.await_popup()
        listed = becomes(lambda: subject.run("sh", "-c", subject.recipe["LISTED"], check=False).returncode == 0)
    subject.screen.await_no_popup()
    conclude("listed", "yes" if listed else "no", listed)
