"""What came back but is no article, and in one word why.

trafilatura returns text for captchas, cookie walls, "not found" pages, teasers and
front pages. A gate fires only on short texts, on texts that are mostly links, or where
title and headline name what every site has: on the 246 pages with a full labelled text
none does. Known to miss: walls longer than 250 characters in languages other than the
patterns'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from nightdesk.extract.blocks import Blocks, link_share
from nightdesk.extract.facts import Facts, publish_dates

MIN_CHARS = 250  # the shortest labelled article has 418
_SHORT = 1_500  # walls and error pages say no more than this
_TEASER = 600
_VISIBLE_CHARS = 20_000

_SOLO = re.compile(
    "[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3]"
)
_CAPTCHA = re.compile(
    r"just a moment\W*$|checking (?:if the site connection|your browser)"
    r"|are you (?:a )?(?:robot|human)|(?:verify|confirm) (?:that )?you(?: are|’re"
    r"|'re) (?:a )?(?:human|not)|unusual (?:traffic|activity) from|security check"
    r"|i[’']?m not a robot|captcha|attention required"
    r"|access (?:to this page has been )?denied|request blocked"
    r"|pardon our interruption|ddos protection|sind sie ein mensch"
    r"|vérifi\w+ que vous êtes|no eres un robot|вы не робот|人机验证|安全验证"
    r"|ロボットではありません",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\bcookies?\b|\bconsent\b|\bgdpr\b|\bpartners?\b.{0,60}\b(?:data|device)\b"
    r"|einwillig|datenschutz|personalised ads|traceurs|consentement|privacy (?:policy"
    r"|settings)",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"\b404\b|\b410\b|(?:page|article|story|url|content"
    r"|file)\b.{0,40}\b(?:not (?:be )?found|no longer (?:available|exists?)"
    r"|doesn[’']t exist|does not exist|been (?:re)?moved)|couldn[’']t find (?:that|the"
    r"|this) page|seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)"
    r"|página no encontrada|pagina non trovata|página não encontrada"
    r"|pagina niet gevonden|страница не найдена|sayfa bulunamadı|الصفحة غير موجودة"
    r"|页面不存在|页面未找到|ページが見つかりません|halaman tidak ditemukan",
    re.IGNORECASE,
)
#: Whole titles: a story may well say that something went wrong.
_BROKEN = re.compile(
    r"(?:error\W{0,3})?50[0-4]\b.{0,40}|.{0,20}(?:internal server error|bad gateway"
    r"|service (?:temporarily )?unavailable|gateway time-?out)"
    r"|(?:oops\W+)?something went wrong|(?:scheduled|site|website) maintenance"
    r"|(?:we(?: are|[’']ll be|[’']re) )?(?:be )?back soon|(?:site )?under"
    r" (?:maintenance|construction)|temporarily (?:down|unavailable|offline)"
    r"|wartungs\w+"
    r"|(?:interner )?serverfehler|technische störung|erreur (?:interne )?du serveur"
    r"|(?:site )?en maintenance|error (?:interno )?del servidor|en mantenimiento"
    r"|in manutenzione|em manutenção|ошибка сервера|технические работы"
    r"|sunucu hatası|bakım çalışması|خطأ في الخادم|صيانة|خطای سرور|服务器错误|系统维护",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"unavailable (?:for|due to) legal reasons|(?:not|un)available in your (?:country"
    r"|region|location)|access cannot be granted|in ihrem land nicht verfügbar"
    r"|pas disponible dans votre (?:pays|région)|no (?:está )?disponible en (?:su|tu)"
    r" (?:país|región)|недоступ\w+ в вашем регионе",
    re.IGNORECASE,
)
_NO_SITE = re.compile(
    r"\bthis domain\b.{0,40}\bfor sale|\bbuy this domain\b|\bdomain (?:is )?parked"
    r"|^index of /|diese domain steht zum verkauf|ce (?:nom de )?domaine est à vendre",
    re.IGNORECASE | re.MULTILINE,
)
_AD_BLOCKER = re.compile(
    r"(?:using|us(?:e|ing) an?|disable|switch off|turn off|pause|detected)\b.{0,30}"
    r"\bad[ -]?block|\bad[ -]?block\w*\b.{0,20}\b(?:detected|active|enabled|erkannt"
    r"|détecté|detectado|rilevato|gedetecteerd|algılandı)|werbeblocker|adblocker aus"
    r"|bloqueur de publicités?|bloqueador de (?:anuncios|publicidad)"
    r"|reklam engelleyici|блокировщик\w* рекламы|广告拦截|広告ブロック",
    re.IGNORECASE,
)
#: Whole titles of what every site has and no newsroom writes.
_SERVICE = re.compile(
    r"(?:the )?(?:terms|terms (?:and|&) conditions|(?:terms|conditions) of (?:use"
    r"|service|sale))|(?:our )?(?:privacy|cookies?|editorial|complaints) (?:policy"
    r"|notice|statement)|about(?: us)?|contact(?: us)?|advertise(?: with us)?"
    r"|sitemap|faqs?|frequently asked questions|log ?in|sign ?in|sign ?up|register"
    r"|(?:create|my) (?:an )?account|forgot(?:ten)? (?:your )?password|subscribe"
    r"|impressum|kontakt|über uns|agb|allgemeine geschäftsbedingungen"
    r"|nutzungsbedingungen|datenschutz(?:erklärung|hinweise)?|anmelden|registrieren"
    r"|mentions légales|conditions générales(?: d[’']utilisation| de vente)?"
    r"|(?:nous )?contact(?:er|ez-nous)|qui sommes[- ]nous|connexion"
    r"|aviso legal|quiénes somos|contacto|contáctenos|términos (?:y condiciones|de uso)"
    r"|política de (?:privacidad|privacidade|cookies)|iniciar sesión"
    r"|quem somos|contato|fale conosco|termos de uso|chi siamo|contatti|note legali"
    r"|over ons|algemene voorwaarden|hakkımızda|iletişim|künye|gizlilik politikası"
    r"|о нас|контакты|пользовательское соглашение|политика конфиденциальности"
    r"|من نحن|اتصل بنا|سياسة الخصوصية|شروط الاستخدام|درباره ما|تماس با ما"
    r"|关于我们|联系我们|隐私政策|会社概要|お問い合わせ|利用規約|हमारे बारे में|संपर्क करें",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"(?:enable|turn on|activate|requires?|without|need)\b.{0,30}\bjavascript"
    r"|javascript\b.{0,40}\b(?:disabled|required|enabled|turned off|aktivier|activ)"
    r"|bitte .{0,20}javascript|activez .{0,20}javascript|включите javascript",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"subscribe (?:now |today )?to (?:read|continue|keep|unlock|access|finish)"
    r"|to (?:continue|keep) reading|read the (?:full|rest of)|already a (?:subscriber"
    r"|member)|for subscribers only|subscribers? only|(?:sign|log) in to (?:read"
    r"|continue)|create (?:an|your free) account to|unlock this article"
    r"|start your (?:free )?trial|weiterlesen mit|jetzt abonnieren"
    r"|réservé\w* aux abonnés|suscríb\w+ para|solo para suscriptores"
    r"|riservato agli abbonati|para assinantes|voor abonnees|для подписчиков|会員限定"
    r"|有料会員",
    re.IGNORECASE,
)
#: Of what a subscription costs; only in the text itself, since footers say it too.
_OFFER = re.compile(
    r"cancel (?:at )?any ?time|jederzeit kündbar|monatlich kündbar|sans engagement"
    r"|résiliable à tout moment|cancela cuando quieras|disdici quando vuoi"
    r"|cancele quando quiser|maandelijks opzegbaar|отменить в любое время"
    r"|(?:unlimited|full) (?:digital )?access to (?:all|every)",
    re.IGNORECASE,
)
_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review")
_SECTION_PATH = re.compile(r"^(?:/(?:[a-z]+-){0,2}[a-z]+){1,3}/?$", re.IGNORECASE)
_FRONT_PATH = re.compile(
    r"^/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:index\.\w+|home/?)?$", re.I
)


_WALLS = (
    ("captcha", _CAPTCHA),
    ("not_found", _NOT_FOUND),
    ("other_country", _ELSEWHERE),
    ("no_site", _NO_SITE),
    ("ad_blocker", _AD_BLOCKER),
)


@dataclass(frozen=True)
class Evidence:
    """What the gates look at."""

    lines: Sequence[str]  # the text as it would be kept
    visible: str  # what the page shows, scripts left out, the first 20,000 characters
    url: str
    titles: Sequence[str] = ()
    facts: Facts | None = None
    blocks: Blocks = field(default_factory=Blocks)


def find_gate(seen: Evidence) -> str | None:
    """Return why this is no article: one word; None where it is one."""
    size = weigh_text(seen.lines)
    if size < MIN_CHARS:
        return _name_short(seen)
    if size < _SHORT and (wall := _name_wall(seen)):
        return wall
    if _is_front_page(seen):
        return "home_page"
    if _is_service(seen):
        return "service_page"
    if size >= _TEASER:
        return None
    if _is_teaser(seen):
        return "teaser"
    is_script = any(map(_SCRIPT.search, seen.lines)) and not _is_stated_article(seen)
    return "needs_script" if is_script else None


def weigh_text(lines: Sequence[str]) -> int:
    """Return the characters of a text; Han, Kana, Hangul and Thai count double."""
    return sum(len(line) + len(_SOLO.findall(line)) for line in lines)


def visible_text(tree: HtmlElement, lines: Sequence[str] = ()) -> str:
    """Return what a page shows, `noscript` included, up to 20,000 characters.

    Where the text found is too long for any gate that looks at it, return "".
    """
    if weigh_text(lines) >= _SHORT:
        return ""
    parts: list[str] = []
    size = 0
    for element in tree.iter():
        is_hidden = element.tag in ("script", "style", "template", "title")
        for text in ("" if is_hidden else element.text, element.tail):
            if isinstance(element.tag, str) and text and not text.isspace():
                parts.append(" ".join(text.split()))
                size += len(parts[-1])
        if size > _VISIBLE_CHARS:
            break
    return " ".join(parts)[:_VISIBLE_CHARS]


def _name_short(seen: Evidence) -> str:
    """Name a text too short for an article by what the page shows beside it."""
    if wall := _name_wall(seen):
        return wall
    if _is_front_page(seen):
        return "home_page"
    if _is_service(seen):
        return "service_page"
    if _SCRIPT.search(seen.visible):
        return "needs_script"
    return "teaser" if _is_teaser(seen) else "too_short"


def _name_wall(seen: Evidence) -> str | None:
    """Captcha, error page or cookie wall: by the titles, else by most of the text."""
    titles = " \n ".join(seen.titles)
    if any(map(_BROKEN.fullmatch, _title_parts(seen.titles))):
        return None if _is_stated_article(seen) else "server_error"
    text = "\n".join(seen.lines)
    # A page that shows much else is an article about captchas or cookies.
    alone = text if len(seen.visible) > 2 * _SHORT else f"{text}\n{seen.visible}"
    for reason, pattern in _WALLS:
        if pattern.search(titles) or (len(alone) < _SHORT and pattern.search(alone)):
            return None if _is_stated_article(seen) else reason
    if _is_about_cookies(seen.lines or [seen.visible]):
        return None if _is_stated_article(seen) else "cookie_wall"
    return None


def _title_parts(titles: Sequence[str]) -> Iterator[str]:
    """Yield titles, and what stands before and after the name of the site in them."""
    for title in titles:
        for part in (title, *re.split(r"\s[-–—|:·]\s", title)):
            yield part.strip(" .!…")


def _is_about_cookies(lines: Sequence[str]) -> bool:
    hits = sum(len(line) for line in lines if len(_COOKIES.findall(line)) >= 1)
    n_terms = sum(len(_COOKIES.findall(line)) for line in lines)
    return n_terms >= 3 and hits >= 0.6 * sum(map(len, lines))


def _is_stated_article(seen: Evidence) -> bool:
    """Do JSON-LD types or OpenGraph say that this page is an article?"""
    if seen.facts is None:
        return False
    return bool(
        seen.facts.jsonld.article_types
        and any(map(_ARTICLE_TYPE.search, seen.facts.jsonld.article_types))
    ) or seen.facts.meta.get("og:type", "").lower() in ("article", "newsarticle")


def _is_front_page(seen: Evidence) -> bool:
    """A front or section page: at the root of the site, or made of teasers."""
    if _is_stated_article(seen):
        return False
    try:
        address = urlsplit(seen.url)
    except ValueError:
        return False
    if address.netloc and _FRONT_PATH.match(address.path) and not address.query:
        return len(seen.blocks.links) >= 5
    if len(seen.lines) < 10:
        return False
    if link_share(seen.lines, seen.blocks) >= 0.35:
        return True
    return bool(_SECTION_PATH.match(address.path)) and _is_teaser_list(seen)


def _is_teaser_list(seen: Evidence) -> bool:
    """Many short lines without a date, and more headlines that are links than text."""
    if seen.facts is not None and publish_dates(seen.facts):
        return False
    n_linked = sum(map(len, seen.blocks.links))
    is_short = median(map(len, seen.lines)) < 90
    return (
        is_short
        and len(seen.blocks.links) >= 30
        and 2 * n_linked >= sum(map(len, seen.lines))
    )


def _is_teaser(seen: Evidence) -> bool:
    """`isAccessibleForFree` alone says little: outlets set it on all they publish."""
    if any(map(_OFFER.search, seen.lines)):
        return True
    return _PAYWALL.search(seen.visible) is not None


def _is_service(seen: Evidence) -> bool:
    """Terms, contacts, a form to log in: title and headline say so, and no date.

    Either alone may be a box beside a story, or the name of an outlet.
    """
    if _is_stated_article(seen) or (seen.facts and publish_dates(seen.facts)):
        return False
    said = [any(map(_SERVICE.fullmatch, _title_parts([t]))) for t in seen.titles]
    return all(said[:2]) and bool(said)
