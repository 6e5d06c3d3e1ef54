"""What is known of addresses, as tables: words that mark how one came, or reads.

A parameter is in one of three classes, by what its name proves:

    ALWAYS        a tool adds it, and no page is chosen by it
    WHERE_NAMED   publishers add it, but elsewhere the name is an article's id: it is
                  dropped where path or another parameter names the article
    ORIGIN        as before, and only where its value says where the click came from
"""

from __future__ import annotations

# Click ids and campaign parameters as the tools that add them document them: Google
# Analytics (utm_, _ga), Matomo (mtm_, pk_), AT Internet (at_, xtor), comScore (ns_),
# HubSpot (hsa_, __hs), Adobe (cmp, s_cid), Mailchimp (mc_), Marketo (mkt_tok), Vero.
ALWAYS_PREFIXES = (
    *("utm_", "at_", "mtm_", "pk_", "piwik_", "matomo_", "itm_", "hsa_", "vero_"),
    *("ns_", "sfmc_", "fb_action_", "ga_", "gad_", "oly_", "__hs", "_hs", "wt.", "wt_"),
    *("cm_mmc", "cx_test", "aspsessionid", "gaa_", "taboola", "outbrain", "_x_tr_"),
)
#: Behind a prefix these may be a site's own: `pk_id`, `ns_id`; as WHERE_NAMED.
ID_TAILS = ("id", "nr", "no", "num", "key")
#: `utm_id` is of the tool's own documents; these say how a host is to be read.
SURE_PREFIXES = ("utm_", "gaa_", "taboola", "outbrain", "_hs", "__hs")
KEPT = frozenset({"_x_tr_hp", "_x_tr_enc"})

_ALWAYS = (
    # click ids of advertisers and platforms
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ymclid twclid ttclid igshid"
    " igsh li_fat_id rdt_cid epik irclickid rb_clickid s_kwcid _openstat ig_rid"
    " sccid sfnsn srsltid ysclid yadclid mibextid tblci dicbo oborigurl"
    " obclickid srnd reflink commentsort"
    " _branch_match_id _branch_referrer vk_ref"
    # newsletters and marketing suites
    " mc_cid mc_eid mkt_tok ck_subscriber_id sc_cid s_cid"
    " emc smtyp xtor ftag"
    " _kx __s ml_subscriber ml_subscriber_hash hsctatracking pnespid sailthru_id dm_i"
    " wickedid wickedsource mailpoet_router trk_contact trk_msg trk_module trk_sid"
    " nr_email_referer sb_referer_host hootpostid wprov wpisrc leadsource"
    # who linked here
    " ref_src ref_url referrer referer fb_source fb_ref soc_src soc_trk sr_share"
    " sref spref traffic_source traffic-source feedname ftcamp xg_source"
    " guccounter guce_referrer guce_referrer_sig hc_ref"
    " __twitter_impression __source trkcampaign spm_id_from share_source"
    " sthisfb _ga _gl cx_artpos sharetoken unlocked_article_code embedded-checkout"
    # the AMP cache; a reply to a comment
    " amp_js_v amp_gsa amp_r usqp replytocom fb_comment_id"
    # sessions; not sid, which may be a story
    " phpsessid jsessionid cfid cftoken"
)
ALWAYS = frozenset(_ALWAYS.split())
#: Key -> pattern of the values (in small letters) that are trackers on any page.
ALWAYS_VALUES = {
    "page": r"1|with:block-.*",  # the first one; a post of a live page
    "s": "09",  # of a share from a phone
    "_": r"1\d{12}",  # against caches: milliseconds
    "ved": "[0-2]ahuke.*",  # the place of a link in a search engine's results
    "usg": "aovvaw.*",
    # Sessions of readers by their long values; a short one is a session of a meeting.
    "sessionid": ".{16,}",
    "session_id": ".{16,}",
}

_ANY = ".*"
_YES = "|1|true|yes|y"
_WHERE_NAMED = (
    # newsletters, and places within a site
    "campaign_id cmp cmpid cmp_id mbid icid intcid ncid ocid smid ito maca cvid spm"
    " weibo_id trk taid mod via partner _ pfrom refresh_ce"
    # links that a reader gives away; a search engine's results
    " accesstoken gift ved usg ust"
)
#: Key -> pattern of the values that are trackers where the article is named.
WHERE_NAMED = dict.fromkeys(_WHERE_NAMED.split(), _ANY) | {
    "st": "[a-z0-9]{10,}",  # a reader's token
    "sh": "[0-9a-f]{8,}",
    "sa": "[a-z]",  # which part of a search engine's results
    "share": r"|(?=\D*\d)[a-z0-9]{8,}",
    "prm": "[a-z_]+",  # what was clicked: copy_link, ep
    "tmpl": "component|print",
    "preview": "true|1",
    "nb": "|1",  # beside share
    "ei": "[\\w-]{20,}",
    "m": "0|1|true|false",
    "mobile": f"{_YES}|0|false|no",
}
#: Trackers unless their value has a digit: "ref=home" is one, "ref=BCN-204817" may be
#: the article.
WORDED = frozenset({"ref", "iid", "recruiter"})
_ORIGIN = (
    "source src from via feed partner rss share mod feedtype origin cid campaign"
    " sourceid syndication"
)
ORIGIN = frozenset(_ORIGIN.split())
#: Of these a plain yes says that one came by the feed.
ORIGIN_YES = frozenset({"rss", "feed", "share", "partner"})
YES = frozenset({"1", "true", "yes"})
#: Values that say where a click came from, on any page.
_ORIGIN_VALUES = (
    "rss feed feeds newsfeed twitter facebook fb email newsletter whatsapp telegram"
    " linkedin google googlenews yahoo flipboard app applenews reddit instagram push"
)
ORIGIN_VALUES = frozenset(_ORIGIN_VALUES.split())
#: Parts of such values, where the article is named: hp_lead_pos1, nl-evening, rssnyt.
_ORIGIN_WORDS = (
    "nl mail tw ig wa sm social share shared syndication hp home homepage front"
    " frontpage nav topnav navigation footer header sidebar lead upstream related"
    " recirc trending mostread popular teaser widget alert alerts gnews msn bing"
    " mobile desktop web android ios inline permalink logo bookmarks"
)
ORIGIN_WORDS = ORIGIN_VALUES | frozenset(_ORIGIN_WORDS.split())

# How a page is shown: for AMP, for a printer.
VIEWS = frozenset({"amp", "print"})
VIEW_VALUES = VIEWS | {"default-article"}
VIEW_KEYS = frozenset({"view", "mode", "output", "outputtype"})
_VIEW_FLAGS = (
    "amp _amp isamp is_amp nonamp noamp print printable printpage printpagedarticle"
)
VIEW_FLAGS = frozenset(_VIEW_FLAGS.split())
VIEW_YES = frozenset({"", "1", "true", "yes", "y", "mobile"})
#: Of pages about AMP or print, too.
LISTS = frozenset({"tag", "tags", "topic", "topics"})

#: Parameters that name an article beside those that end in "id".
ID_KEYS = frozenset(
    {"p", "t", "v", "n", "nr", "no", "story", "article", "item", "post", "doc"}
)
#: Names of pages that show whatever their parameters say.
_PLAIN_WORDS = (
    "view viewer story stories article articles read reader show page pages news item"
    " items post posts detail details display watch index default home main search"
    " result results node content print amp mobile app apps edition desk list latest"
    " live archive archives category section tag topic video videos audio gallery"
    " galleries blog full single get open go goto link redirect share document doc"
    " docs report reports map maps tracker flights calendar scores fixtures weather"
    " player podcast podcasts appeal gifts jobs viewtopic viewarticle viewstory"
    " viewnews newsitem showarticle showstory shownews readnews readstory readarticle"
    " comments comment respond menu login top"
)
PLAIN_WORDS = frozenset(_PLAIN_WORDS.split())
