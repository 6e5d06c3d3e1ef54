"""Tag one article: passages, names, runs, model, people, places, roles, countries.

The order of the rules is written here and nowhere else. Rules and model read English;
in a language that has a file of names countries and cities are found (`other.py`); a
text in any other comes back with `is_tagged` False.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from nightdesk.model import Correction, Mention, Tags
from nightdesk.tag.common import tell_apart
from nightdesk.tag.correct import Corrector, digest_corrections
from nightdesk.tag.crf import NameModel
from nightdesk.tag.finder import Finder, FoundNames
from nightdesk.tag.languages import NameReader
from nightdesk.tag.lexicon import GOVERNMENT_WORDS
from nightdesk.tag.link import find_people, link_entities
from nightdesk.tag.merge import merge_names, trust_given_names
from nightdesk.tag.names import read_runs
from nightdesk.tag.other import find_places
from nightdesk.tag.people import link_names
from nightdesk.tag.places import MADE_PLACES, PlaceJudge
from nightdesk.tag.roles import mark_roles
from nightdesk.tag.score import (
    KIND_WEIGHTS,
    LEAD_CHARS,
    Weight,
    score_countries,
    weigh_position,
)
from nightdesk.tag.spans import PLACE_KINDS, Passage, Span, find_names, split_passages
from nightdesk.tag.table import Gazetteer
from nightdesk.tag.topics import find_topics
from nightdesk.tag.words import Words, fold_key

TAG_VERSION = "names/11"
_MINOR_ROLE = 0.6  # a venue, a mediator, a dateline
_IN_ORGANISATION = 0.5
_PLACES = frozenset((*PLACE_KINDS, "demonym"))
_POINTED = frozenset(("jr", "sr", "inc", "corp", "co", "ltd"))
_HEADLINE = 0.6  # share of capitalised words above which capitals say nothing
MentionType = Literal["PER", "ORG", "LOC", "DEMONYM"]


class Tagger:
    """Tags articles by one gazetteer; holds no state but what it made of that.

    Args:
        gazetteer: its weights find names; without any the rules do alone.
        finder: finds names instead of the weights.
    """

    def __init__(self, gazetteer: Gazetteer, finder: Finder | None = None) -> None:
        self.gazetteer = gazetteer
        self._model: NameModel | FoundNames | None = None
        self._named = ""  # what finds names, if not our own model
        if finder is not None:
            self._model, self._named = FoundNames(finder), f" {finder.version}"
        elif gazetteer.weights:
            self._model = NameModel(gazetteer)
        else:
            self._named = " rules"
        self._corrector = Corrector(gazetteer)
        self._readers: dict[str, NameReader] = {}  # made when first wanted

    @property
    def version(self) -> str:
        """What made the tags: the rules, and what finds names if not our own model."""
        return TAG_VERSION + self._named

    def digest_input(
        self,
        *,
        title: str | None,
        text: str,
        lang: str | None,
        home_country: str | None = None,
        corrections: Sequence[Correction] = (),
    ) -> str:
        """Return the SHA-256 (hex) of all that the tags of an article depend on."""
        said = digest_corrections(c for c in corrections if c.surface is not None)
        known = self.gazetteer.version
        parts = (title, text, lang, home_country, known, self.version, said)
        digest = hashlib.sha256()
        for part in parts:
            raw = b"\x00" if part is None else b"\x01" + part.encode("utf-8", "replace")
            digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()

    def tag(
        self,
        *,
        article_id: int,
        title: str | None,
        text: str,
        lang: str | None,
        home_country: str | None = None,
        corrections: Sequence[Correction] = (),
    ) -> Tags:
        """Return the mentions and countries of one article.

        Args:
            article_id: is passed on.
            title: may be None; its mentions have offsets into it.
            text: paragraphs, one a line; an exact repeat of one is not read again.
            lang: ISO 639-1; None is read as English. In a language that has a file
                of names, places alone are found; one that has none is not tagged.
            home_country: ISO2 of the publisher, a weak hint for names of many places.
            corrections: what people said of the article, oldest first; it holds in
                any language.
        """
        code = "en" if lang is None else lang.lower().split("-")[0]
        is_english, reader = code == "en", self._find_reader(code)
        passages = split_passages(title, text) if is_english or corrections else []
        if is_english:
            self._read(passages, home_country)
        unmet = self._corrector.correct(passages, corrections)
        mark_roles(passages)
        length = sum(len(p.words.text) for p in passages if p.field == "text")
        weights = _weigh(passages, length)
        mentions = tuple(self._iterate_mentions(passages))
        if reader is not None:
            none = {c.surface for c in corrections if c.kind == "tag_none"}
            found = find_places(reader, title, text, said=mentions, none=none)
            mentions, weights = (*mentions, *found.mentions), weights + found.weights
        return Tags(
            article_id=article_id,
            mentions=mentions,
            countries=score_countries(weights),
            is_tagged=is_english or reader is not None,
            input_digest=self.digest_input(
                title=title,
                text=text,
                lang=lang,
                home_country=home_country,
                corrections=corrections,
            ),
            version=self.version,
            unmet=unmet,
            topics=find_topics(passages, self.gazetteer.topics) if is_english else (),
        )

    def _find_reader(self, code: str) -> NameReader | None:
        names = self.gazetteer.languages.get(code)
        if names is not None and code not in self._readers:
            self._readers[code] = NameReader(names)
        return self._readers.get(code)

    def _read(self, passages: list[Passage], home_country: str | None) -> None:
        """Find the names of a document and what they mean."""
        found = [find_names(passage.words, self.gazetteer) for passage in passages]
        for passage, spans in zip(passages, found, strict=True):
            passage.spans = spans
            if passage.field == "text" or not _is_headline(passage.words):
                passage.spans = read_runs(passage.words, spans, self.gazetteer)
        if self._model is not None:
            named, certain = self._model.find_names(passages), self.gazetteer.certain
            trust_given_names([passage.words for passage in passages], named)
            for passage, spans, names in zip(passages, found, named, strict=True):
                words, ruled = passage.words, passage.spans
                passage.spans = merge_names(words, spans, names, ruled, certain)
        if self.gazetteer.people:
            for passage in passages:
                find_people(passage, self.gazetteer)
        link_names(passages, self.gazetteer.classes)
        PlaceJudge(self.gazetteer, home_country).judge(passages)
        link_entities(passages, self.gazetteer)
        tell_apart(passages, self.gazetteer)

    def _iterate_mentions(self, passages: list[Passage]) -> Iterator[Mention]:
        for passage in passages:
            for span in passage.spans:
                yield _make_mention(passage, span, self.gazetteer)


def _is_headline(words: Words) -> bool:
    n_caps = sum(words.caps)
    return len(words) > 3 and n_caps >= _HEADLINE * len(words)


def _make_mention(passage: Passage, span: Span, gazetteer: Gazetteer) -> Mention:
    words = passage.words
    start, end = words.starts[span.first], words.ends[span.stop - 1]
    if words.text[end : end + 1] == "." and _takes_point(words, span):
        end += 1
    chosen = span.chosen
    entity_id, place_id, name = _identify(span)
    if entity_id is not None and entity_id in gazetteer.merged:
        entity_id = gazetteer.merged[entity_id]
        name = gazetteer.known.get(entity_id, name)
    return Mention(
        field=cast(Literal["title", "text"], passage.field),
        start=passage.base + start,
        end=passage.base + end,
        surface=words.text[start:end],
        type=cast(MentionType, span.type),
        rule=f"{span.rule} in organisation" if span.within else span.rule,
        score=_IN_ORGANISATION if span.within else span.score,
        entity_id=entity_id,
        name=name,
        country=chosen.country if chosen is not None else None,
        place_id=place_id,
        via=_find_via(words, span),
        role=cast(Literal["about", "dateline", "venue"], span.role),
        weight=span.weight,
        counts_for=span.counts_for,
    )


def _identify(span: Span) -> tuple[str | None, str | None, str | None]:
    """Return entity id, place id and name of what a span means, each if it has one."""
    chosen = span.chosen
    if chosen is not None and span.rule not in MADE_PLACES:
        if chosen.kind in _PLACES:
            return None, chosen.id, chosen.name
        return chosen.id, None, chosen.name
    entity_id = make_entity_id(span.type, span.full) if span.full else None
    return entity_id, None, span.full


def _find_via(
    words: Words, span: Span
) -> Literal["place", "metonym", "org", "person"] | None:
    chosen = span.chosen
    if chosen is None or chosen.country is None:
        return None
    if chosen.kind in _PLACES:
        return "place"
    if chosen.kind == "org":
        return "metonym" if _kind_that_counts(words, span) else "org"
    return "person" if chosen.kind == "person" else "metonym"


def make_entity_id(type_: str, name: str) -> str:
    """Return the id of a name that no table has.

    >>> make_entity_id("PER", "Attaullah Tarar"), make_entity_id("ORG", "The Lumo Co")
    ('nd:per:attaullah-tarar', 'nd:org:lumo-co')
    """
    key = fold_key(name)
    key = key.removeprefix("the ") if type_ == "ORG" else key
    return f"nd:{type_.lower()}:{key.replace(' ', '-')}"


def _takes_point(words: Words, span: Span) -> bool:
    """Does the point after the span belong to it ("U.S.", "Kamau Jr.", "Acme Inc.")?"""
    size = span.stop - span.first
    if size > 1 and words.keys[span.stop - 1] in _POINTED:
        return True
    if size < 2 or any(len(key) > 1 for key in words.keys[span.first : span.stop]):
        return False
    return words.gap(span.first) == "."


def _weigh(passages: list[Passage], length: int) -> list[Weight]:
    """Say on each span what it adds to which countries; return the sum's parts."""
    weights = []
    for passage in passages:
        for span in passage.spans:
            kind = _kind_that_counts(passage.words, span)
            if kind is None or span.chosen is None or not span.chosen.countries:
                continue
            offset = passage.position + passage.words.starts[span.first]
            value = KIND_WEIGHTS[kind] * weigh_position(passage.field, offset, length)
            is_inside = span.within and span.hint != "ORG"  # not a club of that name
            value *= _IN_ORGANISATION if is_inside else 1.0
            value *= _MINOR_ROLE if span.role != "about" else 1.0
            span.weight = value / len(span.chosen.countries)
            span.counts_for = span.chosen.countries
            is_lead = passage.field == "title" or offset < LEAD_CHARS
            is_named = passage.field == "text" and span.type == "LOC"
            weights += [
                Weight(country, span.weight, span.role, is_lead, is_named)
                for country in span.counts_for
            ]
    return weights


def _kind_that_counts(words: Words, span: Span) -> str | None:
    chosen = span.chosen
    if chosen is None:
        return None
    if span.rule in MADE_PLACES:
        return "area" if span.names else None
    if chosen.kind in KIND_WEIGHTS:
        return chosen.kind
    if chosen.kind == "org" and chosen.is_government:
        after = words.keys[span.stop] if span.stop < len(words) else ""
        if after in GOVERNMENT_WORDS and words.gap(span.stop - 1) == " ":
            return "country"
    return None
