"""Turn labelled documents into what the model learns from.

The documents go the same way as in tagging: passages, names of the gazetteer, the
rules of `names.py`, islands, features. Pure; the learner of the CRF writes a file and
is called by `nightdesk train`, that of the network is `net_training.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nightdesk.tag.corpus import Example, label_pieces
from nightdesk.tag.features import Describer
from nightdesk.tag.names import read_runs
from nightdesk.tag.net_training import Lesson
from nightdesk.tag.spans import find_names, split_passages
from nightdesk.tag.table import Gazetteer

#: Of crfsuite's L-BFGS: starting values, from one small comparison; never searched.
PARAMETERS = {
    "c1": 0.1,
    "c2": 0.1,
    "max_iterations": 120,
    "feature.possible_transitions": True,
}


def make_lessons(gazetteer: Gazetteer, examples: Iterable[Example]) -> Iterator[Lesson]:
    """Yield the islands of each document and their labels, in order."""
    describer = Describer(gazetteer)
    for example in examples:
        passages = split_passages(None, example.text)
        labels = {}
        for passage in passages:
            words = passage.words
            passage.spans = read_runs(words, find_names(words, gazetteer), gazetteer)
            labels[id(passage)] = label_pieces(words, passage.base, example.names)
        islands = list(describer.describe(passages))
        rows = [labels[id(x.passage)][x.first : x.stop] for x in islands]
        yield Lesson(islands, rows, example.is_aside)
