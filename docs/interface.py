"""The D-Bus interface with its meaning, from the comments of its introspection XML; as mdoc, and as Markdown.

A comment is about the element that follows it. It has paragraphs, `literals` and "@name: …" for arguments. The comment before
the interface has sections: a line with a title and a colon, and below it, further in, paragraphs and tables. A row of a table
is a name, a type where the table has types, and a text, two spaces or more apart; what goes on stands further in.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from textwrap import dedent

TYPE = r"(?:[sbudt]|a\(ss\))"


@dataclass
class Item:
    """An argument, a property or a row of a table."""

    name: str
    type: str
    text: str
    direction: str = ""


@dataclass
class Member:
    """A method, a signal, a property, or a section that is about several of them."""

    kind: str
    name: str
    paragraphs: list[str]
    items: list[Item]

    def arguments(self, direction):
        return [item for item in self.items if item.direction == direction]


# --- reading ---------------------------------------------------------------------------------------------------------


def members(xml):
    """Everything that the XML has to say, in its order."""
    root = ElementTree.fromstring(xml, ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True)))
    interface = root.find("interface")
    return [member(element, comment) for element, comment in commented(interface)] + list(sections(root))


def commented(parent):
    """Each element with the comment before it."""
    children = list(parent)
    for before, element in zip([None, *children], children):
        if element.tag is not ElementTree.Comment:
            assert before is not None and before.tag is ElementTree.Comment, f"{element.get('name')} has no comment"
            yield element, dedent(before.text).strip()


def member(element, comment):
    said = dict(re.findall(r"^@(\w+): (.*(?:\n  .*)*)", comment, re.MULTILINE))
    names = [argument.get("name") for argument in element.findall("arg")]
    assert list(said) == (names if said else []), f"the comment on {element.get('name')} has {list(said)}, not {names}"
    items = [
        Item(argument.get("name"), argument.get("type"), unwrapped(said.get(argument.get("name"), "")),
             argument.get("direction", "out"))
        for argument in element.findall("arg")
    ]
    text = re.sub(r"^@\w+: .*(?:\n  .*)*\n?", "", comment, flags=re.MULTILINE)
    if element.tag == "property":
        items = [Item(element.get("name"), element.get("type"), unwrapped(text))]
    return Member(element.tag, element.get("name"), paragraphs(text), items)


def sections(root):
    for _, comment in commented(root):
        for title, text in re.findall(r"^([A-Z][a-z ]+):\n((?:  .*\n?|\n)+)", comment, re.MULTILINE):
            yield section(title, dedent(text))


def section(title, text):
    blocks = re.split(r"\n\n+", text.strip())
    tables = [block for block in blocks if re.match(r"\S+ {2,}\S", block)]
    row = rf"^(\S+) {{2,}}(?:({TYPE}) {{2,}})?(.*(?:\n  .*)*)"
    rows = [found for table in tables for found in re.findall(row, table, re.MULTILINE)]
    return Member("section", title, [unwrapped(block) for block in blocks if block not in tables],
                  [Item(name, type, unwrapped(words)) for name, type, words in rows])


def paragraphs(text):
    return [unwrapped(block) for block in re.split(r"\n\n+", text.strip()) if block]


def unwrapped(text):
    return " ".join(text.split())


def names(xml):
    """Every name of a member and of a row."""
    found = members(xml)
    return {member.name for member in found if member.kind != "section"} | {
        item.name for member in found if member.kind == "section" for item in member.items
    }


# --- mdoc ------------------------------------------------------------------------------------------------------------


def mdoc(xml):
    found = members(xml)
    parts = [listed_mdoc(title, [member for member in found if member.kind == kind])
             for title, kind in (("Methods", "method"), ("Signals", "signal"))]
    properties = [item for member in found if member.kind == "property" for item in member.items]
    parts.append(".Ss Properties\nAll are read-only, and don't change while the service runs.\n" + rows_mdoc("Va", properties))
    for member in found:
        if member.kind == "section":
            rows = rows_mdoc("Er" if member.name == "Errors" else "Cm", member.items) if member.items else ""
            parts.append(f".Ss {member.name}\n" + "\n.Pp\n".join(map(roff, member.paragraphs)) + f"\n{rows}")
    return "".join(parts)


def listed_mdoc(title, members):
    return f".Ss {title}\n.Bl -tag -width Ds\n" + "".join(map(member_mdoc, members)) + ".El\n"


def member_mdoc(member):
    given, answered = member.arguments("in"), member.arguments("out")
    head = " ".join([member.name, *(item.name for item in (answered if member.kind == "signal" else given))])
    lines = [f".It Fn {head}"]
    if given:
        lines.append("Takes\n" + " ,\n".join(f".Vt {item.type}" for item in given) + (" ;" if answered else " ."))
    if answered and member.kind == "signal":
        lines.append("Has\n" + " ,\n".join(f".Vt {item.type}" for item in answered) + " .")
    elif answered:
        lines.append("returns" if given else "Returns")
        lines.append("\nand\n".join(f".Fa {item.name}\n.Pq Vt {item.type}" for item in answered) + " .")
    lines += [f".Pp\n{roff(paragraph)}" for paragraph in member.paragraphs]
    return "\n".join(lines) + "\n" + rows_mdoc("Fa", [Item(item.name, "", item.text) for item in member.items])


def rows_mdoc(macro, items):
    width = max((f"{item.name} {item.type}".strip() for item in items), key=len)
    parts = [(f"{item.name} Vt {item.type}" if item.type else item.name, roff(item.text)) for item in items]
    rows = "".join(f".It {macro} {head}\n{text}\n" for head, text in parts)
    return f".Bl -tag -width \"{width if len(width) <= 16 else 'Ds'}\"\n{rows}.El\n"


def roff(text):
    """A text as groff takes it, each sentence on a line of its own, literals bold."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    escaped = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped)
    escaped = re.sub(r'"([^"]+)"', r"\\(lq\1\\(rq", escaped)
    return re.sub(r"(?<=\.) (?=[A-Z\\])|(?<=[;:]) (?=[A-Z])", "\n", escaped)


# --- Markdown --------------------------------------------------------------------------------------------------------


def markdown(xml):
    found = members(xml)
    parts = ["## Methods\n", *(member_markdown(member) for member in found if member.kind == "method")]
    parts += ["## Signals\n", *(member_markdown(member) for member in found if member.kind == "signal")]
    properties = [item for member in found if member.kind == "property" for item in member.items]
    parts += ["## Properties\n", "All are read-only, and don't change while the service runs.\n", table("property", properties)]
    for member in found:
        if member.kind == "section":
            parts += [f"## {member.name}\n", *(f"{linked(text)}\n" for text in member.paragraphs)]
            parts += [table("name", member.items)] if member.items else []
    return "\n".join(parts).rstrip("\n") + "\n"


def member_markdown(member):
    given, answered = member.arguments("in"), member.arguments("out")
    head = ", ".join(f"{item.type} {item.name}" for item in (answered if member.kind == "signal" else given))
    back = ", ".join(f"{item.type} {item.name}" for item in answered) if member.kind != "signal" else ""
    lines = [f"### {member.name}\n", f"    {member.name}({head}){f' → {back}' if back else ''}\n"]
    lines += [f"{linked(text)}\n" for text in member.paragraphs]
    lines += ["".join(f"- `{item.name}`: {linked(item.text)}\n" for item in member.items)]
    return "\n".join(lines)


def table(title, items):
    typed = any(item.type for item in items)
    head = f"| {title} | type | |\n|---|---|---|\n" if typed else f"| {title} | |\n|---|---|\n"
    return head + "".join(
        f"| `{item.name}` | {f'`{item.type}` | ' if typed else ''}{linked(item.text)} |\n" for item in items)


def linked(text):
    """A text in which "See Options." is a link to that section."""
    return re.sub(r"\b(See|As in) (Options|Deliveries|Sessions|States)\b",
                  lambda match: f"{match[1]} [{match[2]}](#{match[2].lower()})", text)
