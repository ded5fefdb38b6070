"""The pages for users, with the commands and files that they print."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path("/src")


class Page:
    """A Markdown page of the checkout."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text()

    def chapter(self, title: str) -> Page:
        """Returns the text under a heading, up to the next one. A single # may be a comment in a block."""
        found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", self.text, re.MULTILINE | re.DOTALL)
        assert found, f"{self.path} has no chapter {title}"
        page = Page(self.path)
        page.text = found[1]
        return page

    def blocks(self, language: str) -> list[str]:
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def lines(self) -> list[str]:
        """The lines of all shell blocks."""
        return [line for block in self.blocks("sh") for line in block.splitlines()]


def rule(file: str) -> str:
    """Returns the polkit rule that docs/ADMIN.md has for a file."""
    rules = Page("docs/ADMIN.md").chapter("Policy").blocks("js")
    [text] = [text for text in rules if text.startswith(f"// /etc/polkit-1/rules.d/{file}\n")]
    return text
