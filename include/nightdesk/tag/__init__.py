"""Tag an article: who, which organisations, which places, about which countries.

By gazetteer, simple rules and a small trained model, every mention with the span and
what found it. Pure: the gazetteer, with the weights of the model in it, comes in, read
by `nightdesk.gazetteer`. Without weights the rules do alone.

    words.py    a text as pieces with offsets, and runs of capitalised words
    spans.py    names of the gazetteer in a passage
    names.py    persons, organisations, facilities from runs
    islands.py  where a name may stand; features.py describes it, crf.py labels it
    finder.py   the same from a library of the user's, which `nightdesk.backends` opens
    merge.py    the model's names and the gazetteer's
    people.py   later, shorter names
    places.py   which place, and whether it is one; context.py reads what stands beside
    roles.py    dateline and venue
    score.py    countries and focus
    tagger.py   the order of all these
    languages.py  names in other languages; other.py tags a text with them
    corpus.py   labelled text; training.py makes of it what the model learns from
"""

from __future__ import annotations

from nightdesk.tag.table import Gazetteer, Name
from nightdesk.tag.tagger import TAG_VERSION, Tagger

__all__ = ["TAG_VERSION", "Gazetteer", "Name", "Tagger"]
