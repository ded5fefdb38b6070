"""The look of popups: the program to which desktops assign them, and msgd's own words."""

import pathlib
import re
import subprocess
import time

import pytest

from lib.machine import ROOT


@pytest.fixture(scope="module")
def locales(folder) -> pathlib.Path:
    """The catalogs, as `make install` installs them."""
    folder = folder / "locales"
    folder.mkdir()
    for language in (ROOT / "po/LINGUAS").read_text().split():
        messages = folder / language / "LC_MESSAGES"
        messages.mkdir(parents=True)
        subprocess.run(["msgfmt", f"--output-file={messages}/msgd.mo", ROOT / f"po/{language}.po"], check=True)
    return folder


def test_desktops_know_whose_popup_it_is(machine, logind, client, alice):
    logind.add("1", alice)
    machine.start()
    client.send(alice.name)
    popup = alice.server.popup()
    entry = (ROOT / f"dbus/{popup.hints['desktop-entry']}.desktop.in").read_text()
    # Plasma shows the one, GNOME the other.
    assert f"\nName={popup.application}\n" in entry
    assert f"\nIcon={popup.icon}\n" in entry
    assert (ROOT / f"dbus/{popup.hints['x-kde-appname']}.notifyrc").exists()


def test_everybody_is_addressed_in_their_own_language(machine, logind, client, alice, bob, locales):
    carol = machine.desktop_user()
    alice.manage("LANG=de_DE.UTF-8")
    bob.manage("LANG=en_US.UTF-8", "LC_MESSAGES=sv_SE.UTF-8", "LANGUAGE=sv:zh_TW")
    for id, person in zip("123", (alice, bob, carol)):
        logind.add(id, person)
    machine.start(f"--locales={locales}")
    client.send(alice.name, bob.name, carol.name)

    popups = [person.server.popup() for person in (alice, bob, carol)]
    forms = [r"Nachricht von root \d\d:\d\d:\d\d", r"來自 root 的訊息 \d\d:\d\d:\d\d", r"Message from root \d\d:\d\d:\d\d"]
    for popup, form, ok in zip(popups, forms, ("OK", "確定", "OK")):
        assert re.fullmatch(form, popup.summary), popup.summary
        assert popup.actions == ["ok", ok, "default", ""]

    # The sender's words stay as they are.
    client.send(alice.name, title="Kitchen", replies=[("y", "Yes")])
    popup = alice.server.popup(1)
    assert (popup.summary, popup.actions) == ("Kitchen", ["y", "Yes"])


def test_without_catalogs_popups_are_in_english(machine, logind, client, alice):
    alice.manage("LANG=de_DE.UTF-8")
    logind.add("1", alice)
    machine.start("--locales=/nonexistent")
    client.send(alice.name)
    assert alice.server.popup().summary.startswith("Message from root ")


def test_an_environment_too_long_for_a_message_keeps_no_popup_away(machine, logind, client, alice, locales):
    alice.manage("LANG=de_DE.UTF-8", "LONG=" + 100_000 * "x")
    logind.add("1", alice)
    machine.start(f"--locales={locales}")
    client.send(alice.name)
    assert alice.server.popup().summary.startswith("Message from root ")


def test_a_manager_that_does_not_answer_costs_a_second(machine, logind, client, alice):
    alice.manage(hangs=True)
    logind.add("1", alice)
    machine.start()
    begin = time.monotonic()
    assert client.send(alice.name)[1][0][3] == "shown"
    assert 1 <= time.monotonic() - begin < 4


def test_the_environment_is_asked_for_once_for_each_connection(machine, logind, client, alice):
    manager = alice.manage()
    logind.add("1", alice)
    machine.start()
    client.send(alice.name, timeout=0)
    client.send(alice.name, timeout=0)
    assert manager.asked == 1
    alice.restart_bus()
    alice.serve()
    manager = alice.manage()
    client.send(alice.name)
    assert manager.asked == 1
