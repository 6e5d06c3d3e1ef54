"""What stands around an article in the languages of the outlets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of a page."""

    nav: tuple[str, ...]
    by: str
    more: str  # heading of the links to other articles
    letter: str  # the box that asks for an address
    cookies: str
    rights: str


WORDS = {
    "en": Words(
        ("Home", "World", "Business", "Sport", "Culture", "Weather"), "By",
        "More from us", "The morning briefing, free, six days a week.",
        "We use cookies to keep you signed in. Accept or change settings.",
        "All rights reserved. About us. Contact. Corrections.",
    ),
    "es": Words(
        ("Inicio", "Mundo", "Economía", "Deportes", "Cultura"), "Por",
        "Más noticias", "Reciba el boletín de la mañana en su correo.",
        "Usamos cookies. Aceptar o cambiar ajustes.",
        "Todos los derechos reservados. Contacto. Fe de erratas.",
    ),
    "fr": Words(
        ("Accueil", "Monde", "Économie", "Sports", "Culture"), "Par",
        "À lire aussi", "Recevez la lettre du matin, gratuite, six jours sur sept.",
        "Nous utilisons des cookies. Accepter ou régler.",
        "Tous droits réservés. Contact. Mentions légales.",
    ),
    "de": Words(
        ("Start", "Welt", "Wirtschaft", "Sport", "Kultur"), "Von",
        "Mehr zum Tage", "Der Morgenbrief kommt kostenlos in Ihr Postfach.",
        "Wir verwenden Cookies. Zustimmen oder einstellen.",
        "Alle Rechte vorbehalten. Impressum. Kontakt.",
    ),
    "tr": Words(
        ("Ana sayfa", "Dünya", "Ekonomi", "Spor", "Kültür"), "Yazan:",
        "Diğer haberler", "Sabah bülteni her gün e-postanızda.",
        "Çerez kullanıyoruz. Kabul et.", "Tüm hakları saklıdır. İletişim.",
    ),
    "ru": Words(
        ("Главная", "Мир", "Экономика", "Спорт", "Культура"), "Автор:",
        "Ещё новости", "Утренняя рассылка приходит бесплатно.",
        "Мы используем cookies. Принять.", "Все права защищены. Контакты.",
    ),
    "ar": Words(
        ("الرئيسية", "العالم", "اقتصاد", "رياضة", "ثقافة"), "بقلم",
        "أخبار أخرى", "تصلك نشرة الصباح مجانا كل يوم.",
        "نستخدم ملفات تعريف الارتباط. موافق.", "جميع الحقوق محفوظة. اتصل بنا.",
    ),
    "ur": Words(
        ("صفحہ اول", "دنیا", "کاروبار", "کھیل", "ثقافت"), "تحریر:",
        "مزید خبریں", "صبح کا خبرنامہ مفت حاصل کریں۔",
        "ہم کوکیز استعمال کرتے ہیں۔ قبول کریں۔", "جملہ حقوق محفوظ ہیں۔ رابطہ۔",
    ),
    "zh": Words(
        ("首页", "国际", "财经", "体育", "文化"), "记者",
        "更多新闻", "每天早晨免费接收新闻简报。",
        "本站使用 Cookie。接受。", "版权所有。联系我们。",
    ),
}  # fmt: skip
