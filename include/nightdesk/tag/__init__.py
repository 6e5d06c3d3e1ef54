"""Tag an article: who, which organisations, which places, about which countries.

By gazetteer, demonyms, titles and simple rules, every mention with the span and the
rule that found it. Pure: the gazetteer comes in, read by `nightdesk.gazetteer`.

    words.py    a text as pieces with offsets, and runs of capitalised words
    spans.py    names of the gazetteer in a passage
    names.py    persons, organisations, facilities from runs
    people.py   later, shorter names
    places.py   which place, and whether it is one
    roles.py    dateline and venue
    score.py    countries and focus
    tagger.py   the order of all these
"""

from __future__ import annotations

from nightdesk.tag.table import Gazetteer, Name
from nightdesk.tag.tagger import TAG_VERSION, Tagger, input_digest

__all__ = ["TAG_VERSION", "Gazetteer", "Name", "Tagger", "input_digest"]
