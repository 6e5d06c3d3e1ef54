"""The words that the rules go by, in one place, so that a rule reads as a rule.

All are keys as `words.fold_key` makes them: folded, lower case. Names of people and
places are data and live in include/config/gazetteer.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Months and days: capitalised in English, never a name here.
CALENDAR = _words(
    """january february march april may june july august september october november
    december monday tuesday wednesday thursday friday saturday sunday jan feb mar apr
    jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    christmas easter ramadan eid"""
)
#: Capitalised only because a sentence starts with them.
STARTERS = _words(
    """a about according across additionally after again against ago all almost along
    already also although always am among an and another any anyone are around as ask
    asked at away back be because been before being below besides between both but by
    call can could despite did do does don doing down during each earlier early either
    even eventually every everyone everything except few finally first five following
    for four from further get getting given go good got great had has have having he
    hello hence her here hers hey hi him his hopefully how however i if in indeed
    instead into is isn it its just last late later lately least less let like
    likewise look lots make making many maybe me meanwhile might more moreover most
    much must my near nearly neither never nevertheless new next nine no nobody none
    nor not nothing now nowadays of off often oh ok okay old on once one only or other
    others otherwise our out outside over overall own per perhaps please rather
    recently regarding residents same second see seven several shall she should since
    six so some someone something sometimes soon still such take ten thank thanks that
    the their them then there therefore these they third this those though three
    through throughout thus to today together tomorrow too two under unfortunately
    unless unlike until up upon us use very was we well were what whatever when
    whenever where whereas whether which while who whoever whole whom whose why will
    with within without would yes yesterday yet you your police officials scientists
    experts people authorities government health researchers doctors workers"""
)
#: May stand in lower case inside a name.
PARTICLES = _words(
    "al arap bin bint ibn el ul de del della da di do dos du la le van von der den"
)
JOINERS = _words(
    "of for the and de del do da du la le el en et y i e d s al on upon sur"
)
#: In lower case inside names of places ("Dar es Salaam", "Frankfurt am Main").
PLACE_JOINERS = _words(
    "a aan ad am an as ash at auf aux bei das des dos es ez im in les los las na nad "
    "o op os sous wa ya"
)
#: Behind an apostrophe: a short form, no part of a name.
CONTRACTIONS = _words("s t d ll m re ve em til")
#: Behind a hyphen: they make an adjective or a noun of the name ("Tokyo-based").
COMPOUND_ENDS = _words(
    """led born bound built run made held style like era wide friendly area type class
    free fed only sponsored speaking centric plus century year old side region level"""
)
GEO_NOUNS = _words(
    """delta region province strip peninsula river sea ocean island islands valley
    states state countries network group coast city newspaper desert canal basin"""
)
TITLES = _words(
    """president premier minister chancellor king queen prince princess emir sheikh
    sheik sultan pope cardinal archbishop bishop imam ayatollah mullah maulana rabbi
    reverend rev father sister general gen colonel col lieutenant lt captain capt major
    maj sergeant sgt admiral commander brigadier marshal cpl corporal private pvt
    senator sen congressman congresswoman representative rep governor gov mayor
    ambassador secretary spokesman spokeswoman spokesperson chairman chairwoman
    chairperson chair chief director judge justice prosecutor attorney lawyer inspector
    detective officer superintendent sheriff constable mr mrs ms miss mx dr doctor prof
    professor sir lord lady dame baron baroness count duke duchess analyst coach
    manager striker midfielder defender goalkeeper singer actor actress author writer
    director-general economist historian scientist researcher engineer activist
    leader mp mep deputy envoy commissioner chancellor councillor lawmaker
    legislator candidate founder ceo journalist reporter editor artist poet novelist
    comedian quarterback pilot farmer teacher nurse neighbor neighbour dictator
    negotiator treasurer undersecretary veteran brother mother son daughter wife
    husband"""
)
#: Titles that make the next capitalised word a person even when it stands alone.
STRONG_TITLES = _words(
    """mr mrs ms miss mx dr prof sir lord lady dame president minister premier
    chancellor senator sen rep gov gen lt col capt maj sgt king queen prince princess
    pope emir sheikh sheik mullah ayatollah imam cardinal archbishop bishop judge
    justice mayor governor spokesman spokeswoman"""
)
ABBREVIATIONS = _words(
    """mr mrs ms dr prof st sr jr gen lt col capt maj sgt sen rep gov rev hon adm cpl
    pvt jan feb mar apr jun jul aug sep sept oct nov dec vs no nr mt ft inc ltd corp co
    sdn bhd pte pty ste sta bros messrs mme"""
)
GENERATIONS = _words("jr sr ii iii iv")
ORG_SUFFIXES = _words(
    """ministry party bank university times post herald tribune gazette chronicle daily
    council committee commission corporation corp inc ltd llc plc co group agency
    association authority court army police parliament senate congress union
    federation league club fc afc institute foundation department office service
    services front movement brigade brigades force forces airlines airways airline
    company companies organization organisation centre center college school hospital
    church society assembly board bureau news press network media radio television tv
    studios records entertainment pictures systems technologies industries
    international holdings partners motors energy oil petroleum electric
    pharmaceuticals laboratories labs insurance securities trust fund alliance
    coalition administration secretariat tribunal guard guards navy legion
    directorate registry museum library academy orchestra theatre theater team
    championship cup dynamo rovers wanderers athletic sox yankees giants college
    programme program project campaign consortium cooperative syndicate cartel"""
)
ORG_HEADS = _words(
    """ministry department university bank bureau office institute organization
    organisation association council court college academy church house school
    federation union league centre center centers centres committee commission board
    society museum movement party front agency confederation chamber alliance"""
)
LOC_SUFFIXES = _words(
    """river lake mountains mountain sea ocean island islands bay gulf strait valley
    desert airport street road avenue square bridge park province county district
    peninsula coast forest beach hills canyon creek harbor harbour governorate oblast
    prefecture canal glacier reef plateau parish township village stadium highway
    boulevard falls plains pass heights region crossing zoo"""
)
#: Called after another place as often as not ("Damascus Street" in Cairo).
STREETS = _words("street road avenue square boulevard lane highway strasse")
LOC_HEADS = _words("mount mt lake fort cape port isle gulf bay strait")
SPEECH = _words(
    """said says told added warned argued explained noted wrote tweeted claimed
    insisted announced stated tells believes recalled admitted testified commented
    replied denied accused asked urged thinks concluded joked died resigned scored"""
)
#: Words after which a capitalised name is a place rather than anything else.
PLACE_PREPOSITIONS = _words(
    """in at near from outside around across throughout inside via toward towards
    into northern southern eastern western central north south east west downtown
    northeastern northwestern southeastern southwestern northeast northwest southeast
    southwest nearby"""
)
WEAK_PREPOSITIONS = _words("to of between leaving reach reached visit visited visiting")
#: After an organisation that governs: the text speaks of the state.
GOVERNMENT_WORDS = _words(
    """government governments authorities regime administration rulers officials
    ministry cabinet leadership"""
)
TALK_WORDS = _words(
    """talks talk negotiations negotiation meeting meetings summit round rounds
    conference dialogue mediation consultations met meet meets"""
)
MEDIATE_VERBS = _words("mediated brokered facilitated hosted")
MEDIATE_WORDS = _words("mediate mediating mediators mediator mediation facilitate")
#: Capital runs of letters that are no organisation.
NOT_ACRONYMS = _words(
    """i ii iii iv v vi vii viii ix x tv pm am dna rna hiv aids sars covid ok mr ms dr
    gmt utc est edt pst pdt ad bc bce ce cd dvd pc ceo cfo mp mps mep gdp ufo usd eur
    gps atm url www http https faq diy id ph lgbt lgbtq suv vip asap rip fyi lol omg
    btw phd md ba ma mba h1n1 h5n1 e coli po no nb ps re us a the and of in"""
)
#: Lower-case ends of the phrases of not_places.txt.
PHRASE_WORDS = _words(
    """artichoke auction bacon bath bean beans beetle blind blinds bluegrass boots
    breakfast broil bulldog bulldogs cabbage candle carpet carpets cat cedar chard
    checkers cheese coffee cotton courage cow cows crisis crocodile crocodiles
    cross delight devil doll dolls door doors dragon dragons dressing duck egg
    eggs elephant elephants elm encephalitis envelope envelopes fever flu football
    fries geese goose hat heels horn horse horses hound husky ink knife knotweed
    lantern lanterns man maple measles missile muffin muffins numerals nut nuts
    omelette farm farmer farmers farms growers breeders meat onion oven
    pastry pasty pepper perch pig pigs pizza press pudding
    rarebit rat roll roulette rug rugs rules salad sandwich sausage setter
    shepherd shirt shoes shorts sprout sprouts spruce standoff stew summer
    syndrome terrier tiger tigers toast tragedy twins virus waffle waffles watch
    wave wax whispers window windows worm yoghurt yogurt"""
)
#: After a city's name: a disease or strain called after it.
DISEASE_WORDS = _words("virus ebolavirus strain fever flu disease syndrome")
#: In an organisation's name: the country before it is the state that it belongs to.
STATE_WORDS = _words(
    """department army navy ministry military police senate congress parliament embassy
    centers centres center supreme force agency food government"""
)
#: Last words of organisations that are surnames and place words as well.
SURNAMES = _words(
    "church guard post press bank park lake bay street bridge hill forest falls"
)
#: Before a run of unknown words: it names a thing rather than a person.
NO_PERSON_AFTER = _words(
    """the a an this that these those every its their his her our your my of in on at
    for from to no any some new old first second"""
)
SETTLEMENTS = _words(
    """village town city district suburb municipality port island province community
    neighborhood neighbourhood commune hamlet"""
)
#: Before an unknown name: a place, in news more often than not.
SURE_PREPOSITIONS = _words("near outside")
#: Round a demonym: it names a language.
LANGUAGE_WORDS = _words(
    """language languages speaking speaker speakers translation translations word words
    lessons dictionary grammar alphabet subtitles dialect dialects fluently"""
)
LANGUAGE_VERBS = _words(
    """in into speak speaks spoke speaking learn learns learned learnt learning
    from read reads teach teaches taught teaching understand understands study
    studies studied studying"""
)
SPEAK = _words("speak speaks spoke speaking")
#: Between "in" or "speaks" and a language, or before it.
FLUENT = _words(
    "fluent broken flawless halting rudimentary accented perfect both either some"
)
#: A demonym before these has no noun: behind "in" or "learned" it is a language.
FUNCTION_WORDS = _words(
    """at from to in for with as on by that but when while because before after during
    about is was were rather than though"""
)
#: Before a name in capitals, or first in it: the name of a ship.
SHIP_WORDS = _words(
    """ship tanker freighter ferry frigate trawler schooner yacht submarine destroyer
    vessel liner steamer"""
)
SHIP_MARKS = _words("mv mt hms uss ins rms ss hmas")
#: Behind a town: its police, its people.
CIVIC_WORDS = _words(
    "police council councillors residents mayor firefighters commuters airport"
)
#: Before "of": what follows is a town.
SEATS = (
    _words(
        """mayor council people streets residents outskirts suburb suburbs centre center
    archbishop bishop airport"""
    )
    | SETTLEMENTS
)
#: Institutions that most countries have under one name.
COMMON_NAMES = frozenset(
    (
        "supreme court", "high court", "constitutional court", "federal court",
        "court of appeal", "court of appeals", "appeals court", "appeal court",
        "supreme administrative court", "court of cassation", "central bank",
        "reserve bank", "parliament", "senate", "national assembly", "general assembly",
        "house of representatives", "chamber of deputies", "house of assembly",
        "election commission", "electoral commission", "national electoral council",
        "national police", "federal police", "air force", "army", "navy", "coast guard",
        "national guard", "interior ministry", "presidential guard", "cabinet",
        "council of ministers", "constitutional council", "human rights commission",
        "attorney general s office", "statistics office", "meteorological service",
        "chamber of commerce", "football federation", "football association",
    )
)  # fmt: skip
#: Before "of" in such a name ("Ministry of Health"), and behind one word ("Health").
COMMON_HEADS = _words("ministry department")
COMMON_TAILS = _words("ministry")
