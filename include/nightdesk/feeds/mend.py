"""Text that is nearly XML to text that is: what real feeds do and XML parsers refuse.

HTML entities, bare ampersands and "<", control characters, attributes without quotes.
CDATA sections and comments stay as they are.
"""

from __future__ import annotations

import html
import html.entities
import re

from nightdesk.text import unescape

# Characters that XML forbids, and C1 controls, which mean windows-1252 (as in HTML).
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f\ud800-\udfff\ufffe\uffff]")
# CDATA and comments pass; only what XML refuses is mended: bare "<", odd ampersands.
_MEND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?![A-Za-z_:/!?])"
    r"|&(?!(?:amp|lt|gt|quot|apos);)(?:#[xX]?[0-9a-fA-F]{1,8};|[a-zA-Z][a-zA-Z0-9]*;)?",
    re.S,
)
_UNQUOTED = re.compile(
    r"(<[\w:.-]++(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+"
    r"\s++[\w:.-]++\s*+=\s*+)([^\s\"'<>]++)"
)


def mend_xml(text: str) -> str:
    """Return a guarded text fit for an XML parser: no odd entities or controls.

    Entities that a DOCTYPE declares are not expanded; their names stay as text, and
    `find_unexpanded` finds them.

    >>> mend_xml("<a>Fish &amp; chips & caf&eacute; &lol;</a>")
    '<a>Fish &amp; chips &amp; café &amp;lol;</a>'
    """
    mended = _Mended()
    return _MEND.sub(
        lambda match: match[0] if match[0][:2] == "<!" else mended[match[0]],
        _drop_controls(text),
    )


def quote_attributes(text: str) -> str:
    """Return the text with quotes round bare values: `a=1`, at which libxml2 stops.

    >>> quote_attributes('<rss version=2.0><guid isPermaLink=true>')
    '<rss version="2.0"><guid isPermaLink="true">'
    """
    for _ in range(5):  # one bare value a tag and turn
        text, n_mended = _UNQUOTED.subn(r'\1"\2"', text)
        if not n_mended:
            break
    return text


def _drop_controls(text: str) -> str:
    return _CONTROL.sub(_mend_control, text)


def _mend_control(match: re.Match[str]) -> str:
    """Return the windows-1252 character that a C1 control stands for, or nothing."""
    code = ord(match[0])
    if not 0x80 <= code < 0xA0:
        return ""
    return bytes([code]).decode("windows-1252", "ignore")


class _Mended(dict[str, str]):
    """What is put in place of bare "<" and "&" and of references, in one document.

    A feed of escaped HTML has ten thousand references, of some dozen kinds.
    """

    def __missing__(self, found: str) -> str:
        mended = self[found] = _mend_reference(found)
        return mended


def _mend_reference(found: str) -> str:
    if found == "<":  # "5 < 6"
        return "&lt;"
    if found == "&":
        return "&amp;"
    if found.startswith("&#"):
        char = unescape(found)
        if char.startswith("&#"):
            return "&amp;" + found[1:]
        return html.escape(_drop_controls(char), quote=True)
    char = html.entities.html5.get(found[1:], "")
    return html.escape(char, quote=True) if char else "&amp;" + found[1:]
