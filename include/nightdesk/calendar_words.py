"""Names of months, halves of the day and time zones as feeds and pages write them.

Tables for `feeds.dates` and `extract.datelines`. Month names of thirty languages, in
full and as feeds cut them, are looked up as `fold_words` leaves them. Zone names carry
the offset that news feeds mean by them: IST is India, CST is Chicago.
"""

from __future__ import annotations

import unicodedata

_TWINS = str.maketrans("іıیىک", "iiييك")  # one letter for readers, two for computers


def fold_words(text: str) -> str:
    """Return the text in lower case without accents, and with ASCII digits.

    >>> fold_words("4 Août ۱۴۰۳")
    '4 aout 1403'
    """
    plain = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(char for char in plain if unicodedata.category(char)[0] != "M")
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFC", bare).translate(_TWINS)
    )


_MONTHS_BY_LANGUAGE = (
    # English, German, Dutch, Danish, Norwegian and Swedish
    "january february march april may june july august september october november"
    " december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar marz april mai juni juli august september oktober november"
    " dezember",
    "jan feb mrz apr mai jun jul aug sept okt nov dez",
    "januari februari maart april mei juni juli augustus september oktober november"
    " december",
    "janner feber maerz apr mei june july aug sept okt nov desember",
    "januari februari mars april maj juni juli augusti september oktober november des",
    # French, Spanish, Portuguese, Italian, Catalan, Romanian
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre"
    " decembre",
    "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "ene feb mar abr may jun jul ago setiembre oct nov dic",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre"
    " novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie"
    " noiembrie decembrie",
    # Polish, Czech, Croatian
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika"
    " listopada grudnia",
    "sty lut mar kwi maj cze lip sie wrz paz lis gru",
    "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu"
    " prosince",
    # Hungarian, Turkish, Indonesian
    "januar februar marcius aprilis majus junius julius augusztus szeptember oktober"
    " november december",
    "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "oca sub mar nis may haz tem agu eyl eki kas ara",
    "januari pebruari maret april mei juni juli agustus september oktober nopember"
    " desember",
    # Russian, Ukrainian, Greek, Arabic (both sets)
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "янв фев мар апр май июн июл авг сен окт ноя дек",
    "сiчня лютого березня квiтня травня червня липня серпня вересня жовтня листопада"
    " грудня",
    "ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου αυγουστου"
    " σεπτεμβριου οκτωβριου νοεμβριου δεκεμβριου",
    "ιαν φεβ μαρ απρ μαι ιουν ιουλ αυγ σεπ οκτ νοε δεκ",
    "ιανουαριος φεβρουαριος μαρτιος απριλιος μαϊος ιουν ιουλ αυγουστος σεπτ οκτ νοεμ"
    " δεκ",
    "يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "جانفي فيفري مارس افريل ماي جوان جويلية اوت سبتمبر اكتوبر نوفمبر ديسمبر",
    # Persian, Urdu, Hindi, Bengali
    "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اكتبر نوامبر دسامبر",
    "جنوری فروری مارچ اپریل مئی جون جولائی اگست ستمبر اكتوبر نومبر دسمبر",
    "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    # Finnish, Estonian, Lithuanian, Slovak, Bulgarian
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta"
    " elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    "jaanuar veebruar marts aprill mai juuni juuli august september oktoober november"
    " detsember",
    "sausio vasario kovo balandzio geguzes birzelio liepos rugpjucio rugsejo spalio"
    " lapkricio gruodzio",
    "januara februara marca aprila maja juna jula augusta septembra oktobra novembra"
    " decembra",
    "януари февруари март април май юни юли август септември октомври ноември декември",
)

#: Folded month name -> 1..12. A word that two languages use for two months is left
#: out (Croatian "listopad" is October, Polish November).
MONTHS: dict[str, int] = {
    fold_words(word): number
    for line in _MONTHS_BY_LANGUAGE
    for number, word in enumerate(line.split(), start=1)
}

#: Months of the Solar Hijri year, in Persian and in Pashto, folded.
SOLAR_MONTHS: dict[str, int] = {
    fold_words(word): number
    for line in (
        "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
        "وری غویی غبرګولی چنګاښ زمری وږی تله لړم لیندۍ مرغومی سلواغه کب",
    )
    for number, word in enumerate(line.split(), start=1)
}

MORNING = frozenset({"am", "a", "오전", "上午", "πμ", "ص"})
AFTERNOON = frozenset({"pm", "p", "오후", "下午", "μμ", "م"})

#: Zone name, upper case -> minutes east of UTC.
ZONES: dict[str, int] = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0),
    **{"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360},
    **{"PST": -480, "PDT": -420, "ET": -300, "CT": -360, "MT": -420, "PT": -480},
    **{"AKST": -540, "AKDT": -480, "HST": -600, "AST": -240, "ADT": -180},
    **{"NST": -210, "NDT": -150, "BRT": -180, "ART": -180, "CLT": -240, "COT": -300},
    **{"BST": 60, "IRL": 60, "WEST": 60, "CET": 60, "MET": 60, "MEZ": 60, "WAT": 60},
    **{"CEST": 120, "MEST": 120, "MESZ": 120, "EET": 120, "SAST": 120, "CAT": 120},
    **{"EEST": 180, "MSK": 180, "EAT": 180, "TRT": 180, "IRST": 210, "GST": 240},
    **{"MSD": 240, "AFT": 270, "PKT": 300, "UZT": 300, "IST": 330, "NPT": 345},
    **{"BDT": 360, "MMT": 390, "ICT": 420, "WIB": 420, "HKT": 480, "SGT": 480},
    **{"MYT": 480, "PHT": 480, "AWST": 480, "WITA": 480, "JST": 540, "KST": 540},
    **{"WIT": 540, "ACST": 570, "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720},
    **{"NZDT": 780},
}
