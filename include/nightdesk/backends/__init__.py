"""Libraries that find names instead of our own model, where the user installed one.

Nothing here is needed and nothing is downloaded: a model is a folder or an installed
package, and its library is imported when the first text is read. Each module is one
library, a `nightdesk.tag.finder.Finder`.
"""

from __future__ import annotations

from dataclasses import replace

from nightdesk.backends.gliner_names import GlinerNames
from nightdesk.backends.local import find_model
from nightdesk.backends.spacy_names import SpacyNames
from nightdesk.tag import Gazetteer, Tagger
from nightdesk.tag.finder import Finder

_FINDERS: dict[str, type[SpacyNames | GlinerNames]] = {
    "spacy": SpacyNames,
    "gliner": GlinerNames,
}


def check_tagger(setting: str) -> None:
    """Look whether the library and the model of a setting are there.

    Raises:
        ConfigError: they are not; says what to install.
    """
    kind, _, name = setting.partition(":")
    if name:
        find_model(kind, name)


def make_tagger(gazetteer: Gazetteer, setting: str = "crf") -> Tagger:
    """Return the tagger that a setting names.

    Args:
        gazetteer: the names; of "crf" also the weights.
        setting: as `load_settings` checked it: crf, rules, spacy:MODEL, gliner:FOLDER.

    Raises:
        ConfigError: the library or the model is not there; says what to install.
    """
    kind, _, name = setting.partition(":")
    if kind == "crf":
        return Tagger(gazetteer)
    if kind == "rules":
        return Tagger(replace(gazetteer, weights=b""))
    finder: Finder = _FINDERS[kind](find_model(kind, name))
    return Tagger(gazetteer, finder)
