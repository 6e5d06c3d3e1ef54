"""Which code page the bytes of a page are in, where its label is wrong or missing.

Each likely code page is tried, and what comes out is rated: how much of it are the
commonest letters of a script, how much is what that script's texts never hold. A wrong
code page gives rare letters, capitals inside words, or what is no letter. Known to
miss: pages with fewer than twenty letters above ASCII, and code pages not listed here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SAMPLE_BYTES = 100_000
_MIN_LETTERS = 20  # fewer say nothing against a label
_SURE = 0.35  # scripts beside Latin reach it in no code page but their own
_MARGIN = 0.15  # by which another code page must be better than the label's
_HIGH = bytes(range(0x80, 0x100))
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_CUT = "\ufffd"
#: Marks that most code pages share, and that say nothing of a script.
_NEUTRAL = frozenset(
    "\xa0\xad«»·©®°§¡¿€£“”„‘’‚–—…•、。，：；！？（）「」『』《》【】\u3000・ー"
)


@dataclass(frozen=True)
class _Script:
    """What texts of one script are made of, in the code pages that can hold it."""

    codecs: tuple[str, ...]
    common: frozenset[str]
    also: str = r"\w"  # a class of what is as possible, but says nothing
    never: str = r"^\w"  # what counts against it as well

    def rate(self, counts: Mapping[str, int]) -> float:
        """Return from -1 (never) to 1 (surely) how like its texts these letters are."""
        total = good = bad = 0.0
        for char, n in counts.items():
            total += n
            if char in self.common:
                good += n
            elif char == _CUT or not re.match(f"[{self.also}]", char):
                bad += n
            elif re.match(f"[{self.never}]", char):
                bad += n / 2
        return (good - bad) / total if total else 0.0


_HAN = (
    "的一是不了在人有我他中上大和地到以要就出可也你"
    "生能而子那得下自之年用道行所然家事成方多去法同"
)
_LATIN = (
    _Script(("cp1252",), frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœÄÅÉÖØÜÇÁÀÈÊÓÍÚ")),
    _Script(("cp1254",), frozenset("çğıöşüâîÇĞİÖŞÜ"), never="a-zà-þÀ-Þ"),
    _Script(("cp1252",), frozenset("áéíóúýðþæöÁÉÍÓÚÝÐÞÆÖ"), never="a-zà-þÀ-Þ"),
    _Script(
        ("cp1250", "iso8859-2"),
        frozenset("ąćęłńóśźżáčďéěíňřšťúůýžőűöüđăţşâîŁŚŻČŘŠŽÁÉÍÚŐ"),
    ),
)
_OTHERS = (
    _Script(
        ("gb18030",),
        frozenset(_HAN + "这个们来为国说时会对于着过发后作里种经么学现当没动"),
        also="\u4e00-\u9fff",
    ),
    _Script(
        ("big5hkscs",),
        frozenset(_HAN + "這個們來為國說時會對於著過發後作裡種經麼學現當沒動"),
        also="\u4e00-\u9fff",
    ),
    _Script(
        ("cp932", "euc_jp"),
        frozenset(map(chr, range(0x3041, 0x30FB))),
        also="\u4e00-\u9fff",
    ),
    _Script(
        ("cp949",),
        frozenset("이다는에의을가고하지기로한은사도를대인리자들그서시정어전해일구스"),
        also="가-힣",
    ),
    _Script(
        ("cp1251", "koi8-u", "koi8-r", "iso8859-5", "cp866"),
        frozenset("оеаинтслврк"),
        also="а-яА-Яёіїєґўј",
        never="А-Я",
    ),
    _Script(
        ("cp1256", "iso8859-6"),
        frozenset("اليمنورتبدعسفهكقأةکی"),
        also="\u0600-\u06ff\u200c\u200d",
        never="ﹰ",
    ),
    _Script(("cp1253",), frozenset("αοιετσνηυρςκάόίέ"), also="α-ωά-ώΑ-Ω", never="Α-Ω"),
    _Script(("cp1255",), frozenset("יוהלארמתבש"), also="א-ת\u05b0-\u05c7", never="ﬀ"),
    _Script(("cp874",), frozenset("านรกอเงยมทลวดสต่้ั็ี"), also="\u0e00-\u0e7f"),
)


_KNOWN = {codec for script in (*_LATIN, *_OTHERS) for codec in script.codecs}


def choose_codec(body: bytes, label: str | None) -> str:
    """Return the code page of bytes that are not UTF-8.

    Args:
        body: the page.
        label: the one that it is said to be in; it stays unless it is one of ours and
            another is clearly better.
    """
    if label is not None and label not in _KNOWN | {"utf-8"}:
        return label
    sample = body[:_SAMPLE_BYTES]
    scripts = _OTHERS if is_foreign(sample) else _LATIN
    if scripts is _OTHERS and label and _rate(sample, label, scripts)[0] > _SURE:
        return label
    codecs = dict.fromkeys(codec for script in scripts for codec in script.codecs)
    rates = {codec: _rate(sample, codec, scripts) for codec in codecs}
    best = max(rates, key=lambda codec: rates[codec][0])  # the first of equals
    if label is None or label == "utf-8":
        return best
    rate, n_letters = rates[best]
    stated = rates.get(label, (0.0, 0))[0]
    return best if n_letters >= _MIN_LETTERS and rate > stated + _MARGIN else label


def _rate(sample: bytes, codec: str, scripts: Iterable[_Script]) -> tuple[float, int]:
    """Return how likely a code page is, and how many letters above ASCII say so."""
    text = Counter(sample.decode(codec, "replace"))
    counts = {c: n for c, n in text.items() if c > "\x7f" and c not in _NEUTRAL}
    fitting = [script for script in scripts if codec in script.codecs]
    rates = (script.rate(counts) for script in fitting)
    return max(rates, default=0.0), sum(counts.values())


def is_foreign(body: bytes) -> bool:
    """Do most bytes above ASCII stand side by side? Accents in Latin text do not."""
    n_high = len(body) - len(body.translate(None, _HIGH))
    return 2 * sum(map(len, _HIGH_RUN.findall(body))) > n_high
