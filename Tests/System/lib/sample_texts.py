"""Texts that are easily damaged on the way."""

TEXTS = {
    "emoji": "🎉👩‍👩‍👧‍👦🇪🇺",
    "right-to-left": "שלום, עולם! مرحبا 123",
    "directions": "a \u2068b\u2069 \u200ec\u200f",
    "joiners": "می\u200cخواهم क्\u200dष 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "combining": "e\u0301 n\u0303 Z\u0351\u036b\u0343",  # decomposed: nothing may compose them
    "astral": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 漢字",
    "4096 characters": "".join(chr(0x4E00 + number) for number in range(4096)),
    "200 lines": "\n".join(f"line {number}" for number in range(200)),
    "markup": "<b>&amp;</b> <i>a</i><br/> <img src='/etc/passwd'/> &#65; <",
    "format": "%s %n %d %1$s %% {} \\0",
    "command substitution": "$(id) `id` ${HOME} !!",
    "command": "; rm -rf / | cat && x > y < z & # \"'",
    "newlines": "first\n\nthird\twith a tab",
    "backslashes": r"C:\new\table \\server\share",
    "blanks": "  two  and  two  ",
    "dash": "-5 degrees",
    "switch": "/W is a switch",
}
