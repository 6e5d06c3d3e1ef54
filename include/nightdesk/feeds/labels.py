"""Encoding labels of the WHATWG Encoding Standard, and the label that a page states.

`sniff_html` is the prescan of the HTML Standard (13.2.3.2) over the whole document
where the standard stops at 1,024 bytes: browsers that meet a late `<meta charset>` go
back and decode again, which comes to the same. Left out: encodings that nothing on
the web uses any more (ISO-2022-CN and its like are "replacement" there).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_NAMES = """
utf-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8
ibm866: 866 cp866 csibm866
iso-8859-2: csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 l2 latin2
iso-8859-3: csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 l3 latin3
iso-8859-4: csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 l4 latin4
iso-8859-5: csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5
iso-8859-6: arabic asmo-708 csisolatinarabic ecma-114 iso8859-6 iso88596 iso_8859-6
iso-8859-7: csisolatingreek ecma-118 greek greek8 iso-ir-126 iso8859-7 iso88597
iso-8859-8: csisolatinhebrew hebrew iso-ir-138 iso8859-8 iso88598 iso_8859-8 visual
iso-8859-8-i: csiso88598i logical
iso-8859-10: csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso-8859-13: iso8859-13 iso885913
iso-8859-14: iso8859-14 iso885914
iso-8859-15: csisolatin9 iso8859-15 iso885915 iso_8859-15 l9
iso-8859-16:
koi8-r: cskoi8r koi koi8 koi8_r
koi8-u: koi8-ru
macintosh: csmacintosh mac x-mac-roman
windows-874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620
windows-1250: cp1250 x-cp1250
windows-1251: cp1251 x-cp1251
windows-1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1
windows-1252: iso-ir-100 iso8859-1 iso88591 iso_8859-1 l1 latin1 us-ascii x-cp1252
windows-1252: x-user-defined
windows-1253: cp1253 x-cp1253
windows-1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9
windows-1254: l5 latin5 x-cp1254
windows-1255: cp1255 x-cp1255
windows-1256: cp1256 x-cp1256
windows-1257: cp1257 x-cp1257
windows-1258: cp1258 x-cp1258
x-mac-cyrillic: x-mac-ukrainian
gbk: chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk
gb18030:
big5: big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp: cseucpkdfmtjapanese x-euc-jp
iso-2022-jp: csiso2022jp
shift_jis: csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis
euc-kr: cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989
euc-kr: ksc5601 ksc_5601 windows-949
utf-16be: unicodefffe
utf-16le: csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16
"""
_LABELS = {
    label: line.partition(":")[0]
    for line in _NAMES.split("\n")
    if line
    for label in line.replace(":", " ", 1).split()
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
)
# A comment, a tag with its name, or another thing that begins with "<".
_OPENING = re.compile(rb"<(?:(!--)|([!?]|/(?![A-Za-z]))|(/?)([A-Za-z][^\t\n\f\r />]*))")
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*+(?:(?P<end>>)|(?P<name>=?[^\t\n\f\r />=]*+)[\t\n\f\r ]*+"
    rb"(?:=[\t\n\f\r ]*+(?:\"(?P<dq>[^\"]*+)\"|'(?P<sq>[^']*+)'"
    rb"|(?P<bare>(?![\"'])[^\t\n\f\r >]*+)))?)"
)
_CONTENT = re.compile(
    rb"charset[\t\n\f\r ]*=[\t\n\f\r ]*"
    rb"(?:\"([^\"]*)\"|'([^']*)'|([^\"'\t\n\f\r ;][^\t\n\f\r ;]*))",
    re.I,
)


def find_label(label: str) -> str | None:
    """Return the standard's name, lower case, for a label; None for no label of it.

    >>> find_label(" Latin1 "), find_label("bogus")
    ('windows-1252', None)
    """
    return _LABELS.get(label.strip("\t\n\f\r ").lower())


def sniff_html(body: bytes, content_type: str | None = None) -> str:
    """Return the name of the encoding that an HTML page is in, by its own word.

    The order is byte order mark, HTTP header, `<meta>`, windows-1252.

    >>> sniff_html(b'<meta charset="iso8859-2">')
    'iso-8859-2'
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return name
    if content_type and (match := _CONTENT.search(content_type.encode("utf-8"))):
        stated = find_label(_group(match))
        if stated is not None:
            return stated
    for name in _stated_by_meta(body):
        return name
    return "windows-1252"


def _stated_by_meta(body: bytes) -> Iterator[str]:
    position = 0
    while match := _OPENING.search(body, position):
        if match[4] is None:
            mark, back = (b"-->", 2) if match[1] else (b">", 0)
            end = body.find(mark, match.end() - back) + len(mark)
            if end < len(mark):
                return
            position = end
            continue
        attributes, after = _read_attributes(body, match.end())
        if after is None:
            return
        position = after
        is_meta = match[4].lower() == b"meta" and not match[3]
        if is_meta and (name := _read_meta(attributes)):
            yield name


def _read_attributes(body: bytes, start: int) -> tuple[dict[bytes, bytes], int | None]:
    """Return the attributes of a tag, the first of each name, and where it ends.

    The end is None where the document ends first: such a tag says nothing.
    """
    found: dict[bytes, bytes] = {}
    while match := _ATTRIBUTE.match(body, start):
        if match["end"]:
            return found, match.end()
        if match.end() in (start, len(body)) or body[match.end()] == ord("="):
            break  # the document ends here, or in a quote that is never closed
        start = match.end()
        value = next((v for v in match.group("dq", "sq", "bare") if v is not None), b"")
        found.setdefault(match["name"].lower(), value)
    return found, None


def _read_meta(attributes: dict[bytes, bytes]) -> str | None:
    label = attributes.get(b"charset")
    is_pragma = attributes.get(b"http-equiv", b"").lower() == b"content-type"
    if label is not None:
        name = find_label(label.decode("latin-1"))
    elif is_pragma and (match := _CONTENT.search(attributes.get(b"content", b""))):
        name = find_label(_group(match))
    else:
        return None
    if name in ("utf-16le", "utf-16be"):
        return "utf-8"  # the label was readable as ASCII: it lies
    return name


def _group(match: re.Match[bytes]) -> str:
    return next(g for g in match.groups() if g is not None).decode("latin-1")
