"""Lines that publishers put between the paragraphs of an article, and the headline.

Patterns are written for whole lines: a *lead* must be followed by a colon, a dash or
the end of the line ("Read also: ..."), so that prose which merely begins with its words
stays; an *opening* or a *phrase* marks a short line where prose would not use it. Mean
F1 on 246 labelled pages: .941 raw, .947 without headlines, .950 without furniture, .952
without lone links. The deck is kept: it is often the first paragraph (dropping it cost
.007). Known to miss: related headlines that nothing marks as such.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from nightdesk.calendar_words import MONTHS, SOLAR_MONTHS, fold_words
from nightdesk.text import split_words

_HEADLINE_LINES = 8  # a repeated headline stands at the top
_DATELINE_LINES = 3  # a dateline stands at the top
_MAX_DATELINE = 80  # with a name or place before it, or a time after it
_MAX_LEAD = 260  # "Read also:" with a headline; longer lines are prose
_MAX_PHRASE = 320

_LEADS = (
    # en
    r"(?:also|must|please) read|read (?:also|more|next|this(?: next)?|on"
    r"|the full story)|see also|more|watch(?: now| also| more)?|listen(?: now)?"
    r"|related(?: (?:stories|story|articles?|posts?|news|links?|topics?|coverage"
    r"|content|video))?|don[’']t miss|you (?:may|might) also (?:like|be interested in)"
    r"|recommended(?: for you| reading)?|more (?:on this(?: story)?|stories|news"
    r"|from [\w .’']{2,30})|trending(?: now)?|most (?:read|popular)"
    r"|popular on [\w .]{2,30}|editor[’']?s[’']? picks?|up next|in other news|tags?"
    r"|topics|share(?: this(?: article| story| post)?)?|follow us|leave a (?:comment"
    r"|reply)|advertisement|advertising|sponsored"
    r"|story continues below(?: this)? advertisement|article continues below"
    r"|in pictures",
    # de
    r"lesen sie (?:auch|mehr|dazu|hier)|lies auch|mehr zum thema|mehr dazu|zum artikel"
    r"|zum thema|weiterführende links|auch interessant"
    r"|das könnte sie (?:auch )?interessieren|anzeige|werbung|teilen"
    r"|empfohlener redaktioneller inhalt|kommentare?|siehe auch|passend dazu"
    r"|newsletter|schlagworte|mit agenturmaterial",
    # fr
    r"(?:à )?(?:lire|voir|écouter) (?:aussi|également|plus)|lire (?:la suite|plus)"
    r"|sur le même sujet|publicité|partager|à découvrir|newsletters?|commentaires?",
    # es, pt, it, ca, ro
    r"(?:lea?|lee|leer|ver|vea|mira) (?:también|tambien|más|mas|además)"
    r"|te puede interesar|noticias? relacionadas?|más información|publicidad"
    r"|temas relacionados|etiquetas|compartir|suscr[ií]bete|leia (?:também|mais)"
    r"|veja (?:também|mais)|saiba mais|publicidade|continua (?:após"
    r"|depois d)a publicidade|leggi (?:anche|tutto|pure)|ti potrebbe interessare"
    r"|pubblicità|condividi|llegiu també|citește (?:și|mai mult)|citeste si|vezi și",
    # nl, sv, no, da, fi, is
    r"lees (?:ook|meer|verder)|advertentie|läs (?:också|mer"
    r"|även)|annons|les (?:også|mer|saken)|læs (?:også|mere)|se også|annonse|annonce"
    r"|lue (?:myös|lisää)|mainos|lestu (?:líka|einnig|meira)",
    # pl, cs, sk, hu, hr, lt, el
    r"(?:prze)?czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również|więcej)"
    r"|reklama|čt[eě]te (?:také|více|i)|čítajte (?:aj|tiež)|olvas(?:sa el"
    r"|d el)(?: ezt)? is|pročitajte (?:i|još)|taip pat skaitykite|skaitykite taip pat"
    r"|διαβάστε (?:επίσης|ακόμη|ακόμα|περισσότερα)|δείτε (?:επίσης|ακόμη)",
    # ru, uk, bg
    r"читайте (?:также|ещё|еще|також)|смотрите также|по теме|реклама|подробнее"
    r"|подписывайтесь|дивіться також|прочетете още|вижте (?:още|също)|теги",
    # tr, id, ms, vi, sw, zu
    r"(?:bunu|bunlar) da oku(?:yun)?|ayrıca oku(?:yun)?|ilgili haber(?:ler)?|etiketler"
    r"|baca (?:juga|lagi|selengkapnya)|simak juga|lihat juga|iklan|xem thêm|đọc thêm"
    r"|tin liên quan|soma (?:pia|zaidi)|funda futhi",
    # ar, fa, ur, hi, bn, he
    r"[إا]قر[أا] [أا]يض[اًا]+|شاهد [أا]يض[اًا]+|مواضيع ذات صلة|[أإا]خبار ذات صلة"
    r"|[إا]علان|بیشتر بخوانید|مطالب مرتبط|(?:یہ|مزید) (?:بھی )?پڑھیں|یہ بھی پڑھیے"
    r"|مزید پڑھیے|(?:ये|यह) भी पढ़ें|इसे भी पढ़ें|संबंधित ख़?बरें|আরও পড়ুন"
    r"|קראו גם|לקריאה נוספת",
    # zh, ja, ko, th
    r"延伸閱讀|延伸阅读|相关阅读|相關閱讀|相关新闻|相關新聞|相关报道|相關報導|推荐阅读"
    r"|推薦閱讀|阅读更多|更多新聞|广告|廣告|関連記事|関連ニュース|あわせて読みたい"
    r"|広告|続きを読む|관련 ?기사|관련 ?뉴스|주요 ?뉴스|광고|อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง",
)
#: These begin too many sentences to be leads; they count only as the whole line.
_ALONE = (
    r"ad|comments?|copy link|email|gallery|loading|log in|newsletters?|photos?"
    r"|print(?: article)?|save|share|sign in|skip(?: ad| to content)?|thank you|topics"
)
#: What begins a short line that is furniture.
_OPENINGS = (
    # subscriptions and newsletters
    r"(?:sign up|subscribe|join|register|get)\b.{0,80}\b(?:newsletter|inbox|podcast"
    r"|app|whatsapp|telegram|youtube|channel|updates)\b",
    # follow, share, feedback
    r"(?:click|tap) here\b",
    r"follow (?:us\b|@|.{2,60}\bon (?:twitter|x|facebook|instagram|google|youtube"
    r"|tiktok)\b)|(?:folge|folgen sie) uns|suivez[- ]nous|síguenos|seguici|síganos",
    r"(?:like|enjoyed?) this (?:story|article)\b|join (?:the|our) (?:conversation"
    r"|discussion|comment)|tell us what you\b|for more (?:stories|news)\b.{0,60}$",
    r"(?:got|have) a (?:story|news tip|tip)\b|fehler gefunden"
    r"|(?:email|e-mail|write to|contact)\b.{0,60}\S@\S+"
    r"|\W*(?:e-?mail:?\s*)?\S+@\S+\.\w+$",
    r"do you (?:want|have) .{0,60}(?:get in touch|contact us)",
    # rights and credits
    r"copyright\b.{0,20}(?:©|\d{4})|\(c\)|©|℗|(?:责任)?编辑[:：]?.{0,20}$",
    r"\(?quelle: |mit dpa\b|this (?:article|story) (?:was )?(?:originally"
    r"|first) (?:appeared|published)",
    r"(?:photo|image|picture|foto|bild|crédit|photograph)s?(?: credit| by)?: .{0,80}$",
    # times, bylines, counters
    r"\W*(?:first |last )?(?:published|updated|posted|publicerad|uppdaterad|publié"
    r"|veröffentlicht|aktualisiert|publicado|actualizado|pubblicato|opublikowano"
    r"|опубликовано|yayınlanma|güncelleme|기사입력|入力|更新)\b(?=.*\d).{0,60}(?:\d"
    r"|\b(?:[ap]\.?m|gmt|utc|[a-z]{1,2}[sd]t|ago|uhr))\W*$",
    r"\d{1,2}:\d\d ?(?:am|pm)\b.{0,50}$|\d+ ?min(?:ute)?s?\.? (?:read|lesezeit)$",
)
#: What a short line of furniture holds anywhere, from the start of a word.
_PHRASES = (
    # subscriptions and newsletters
    r"(?:already a (?:subscriber|member)|subscribe (?:now|today|to (?:continue"
    r"|read))|log ?in or (?:create|register)|to continue reading"
    r"|start your .{2,40}subscription|create an account to)\b",
    r"jetzt (?:testen|abonnieren|registrieren)|wochen kostenlos testen"
    r"|abonnieren sie|abonnez-vous|réservée? aux abonnés|suscríb[ea]te|iscriviti alla"
    r"|inscreva-se|assine (?:já|agora)|abonnér|有料会員",
    # follow, share, feedback
    r"click here (?:to|for)\b.{0,60}$|click to tweet\b",
    r"follow (?:him|her|them|me) on\b|send (?:your )?tips to\b",
    # rights
    r"all rights reserved\b|alle rechte vorbehalten\b|tous droits réservés\b",
    # what a page says to browsers
    r"(?:enable|up to date|using a) (?:javascript|browser)\b.{0,80}$",
)
_RIGHTS = r"무단 ?전재|版权所有|著作権"  # these scripts have no blanks between words
_END = r"[\s.…!:]*$"
_AFTER = r"\s*(?:[:：>»|→▶]|\s[-–—]\s).*$"
_LEAD = re.compile(
    rf"^\W*(?:(?:{_ALONE}){_END}|(?:{'|'.join(_LEADS)})(?:{_AFTER}|{_END}))",
    re.IGNORECASE,
)
#: Apart from each other: an opening that is looked for everywhere takes a page's time.
_OPENING = re.compile("|".join(_OPENINGS), re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?:{'|'.join(_PHRASES)})|{_RIGHTS}", re.IGNORECASE)
_DATELINE_WORDS = 10
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "।", "؟", "۔", ":", "：")
_YEAR = re.compile(r"1[34]\d\d|19\d\d|20\d\d")
_DAY = re.compile(r"\d\d?(?:st|nd|rd|th|er)?")
_NUMBERED_DAY = re.compile(
    r"(?<!\d)(?:\d{4} ?[-/.年] ?\d\d? ?[-/.月] ?\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})(?!\d)"
)
_LETTER = re.compile(r"[^\W_]")


def is_boilerplate(line: str) -> bool:
    """Is this line the publisher's furniture and no part of the article?

    >>> is_boilerplate("Read also: The bridge that never was")
    True
    >>> is_boilerplate("Read more than one report and they disagree.")
    False
    """
    if not _LETTER.search(line):
        return True  # "___", "* * *"
    if len(line) <= _MAX_LEAD and _LEAD.match(line):
        return True
    if len(line) > _MAX_PHRASE:
        return False
    return bool(_OPENING.match(line) or _PHRASE.search(line))


def is_dateline(line: str) -> bool:
    """Is this line a day, with little around it and no sentence?

    >>> is_dateline("By Ines Oakfield, 3 March 2026")
    True
    >>> is_dateline("The bridge opened on 3 March 2026.")
    False
    """
    if len(line) > _MAX_DATELINE or line.endswith(_SENTENCE_ENDS):
        return False
    folded = fold_words(line)
    if _NUMBERED_DAY.search(folded):
        return len(split_words(folded)) <= _DATELINE_WORDS
    words = split_words(folded)
    has_month = any(word in MONTHS or word in SOLAR_MONTHS for word in words)
    has_numbers = any(map(_YEAR.fullmatch, words)) and any(map(_DAY.fullmatch, words))
    return has_month and has_numbers and len(words) <= _DATELINE_WORDS


def drop_boilerplate(
    lines: Sequence[str], titles: Iterable[str], links: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the lines without headline, furniture and lines that are one link.

    Args:
        lines: the paragraphs of the text, in order.
        titles: every form in which the page states its headline.
        links: whole paragraphs and list items that are nothing but a link.
    """
    headlines = [key for key in map(_key, titles) if key]
    kept = []
    for index, line in enumerate(lines):
        if index < _HEADLINE_LINES and _is_headline(line, headlines):
            continue
        if index < _DATELINE_LINES and is_dateline(line):
            continue
        if is_boilerplate(line) or line.removeprefix("- ") in links:
            continue
        kept.append(line)
    return tuple(kept)


def _key(text: str) -> str:
    return " ".join(split_words(text))


def _is_headline(line: str, headlines: list[str]) -> bool:
    key = _key(line)
    if len(key) > 300 or not key:
        return False
    return any(key == headline or _is_close(key, headline) for headline in headlines)


def _is_close(key: str, headline: str) -> bool:
    """Do nine tenths of the characters agree? Cheap tests first."""
    if min(len(key), len(headline)) < 0.8 * max(len(key), len(headline)):
        return False
    matcher = difflib.SequenceMatcher(None, key, headline, autojunk=False)
    return matcher.quick_ratio() >= 0.9 and matcher.ratio() >= 0.9
