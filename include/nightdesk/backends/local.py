"""A model of a library as it lies on this machine: found, named and opened offline."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nightdesk.errors import ConfigError

SETTING = "NIGHTDESK_TAGGER"
#: kind -> the file that tells a folder of its models from any other
_MARKS = {"spacy": "meta.json", "gliner": "gliner_config.json"}
#: What keeps a library from asking its hub, however it was configured.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
#: What libraries raise for a model that is damaged, or of another version of theirs.
_BROKEN = (ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)
Opened = TypeVar("Opened")


@dataclass(frozen=True)
class LocalModel:
    """A model and the library that reads it."""

    kind: str  # the library's package
    setting: str  # as the user wrote it
    folder: Path
    package: str | None  # the installed package that the folder is, if one
    library_version: str

    @property
    def mark(self) -> Path:
        """The file that says what the model is."""
        return self.folder / _MARKS[self.kind]

    def make_version(self, name: str) -> str:
        """Return what tells the model from every other: library, name, content."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(self.folder)).encode() + b"\0")
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        content = digest.hexdigest()[:8]
        return f"{self.kind}-{self.library_version}:{name}@{content}"

    def open(self, read: Callable[[], Opened]) -> Opened:
        """Return what `read` makes of the model, with no way to a hub.

        Raises:
            ConfigError: the library cannot read it.
        """
        os.environ.update(_OFFLINE)
        try:
            return read()
        except _BROKEN as error:
            cause = f"{self.kind} {self.library_version} cannot read it: {error}"
            raise ConfigError(f"{SETTING}: {self.setting!r}: {cause}") from error


def find_model(kind: str, name: str) -> LocalModel:
    """Return the model of a library that a setting names.

    Args:
        kind: spacy, gliner.
        name: a folder, or an installed package.

    Raises:
        ConfigError: library or model is not there; names the setting and the cure.
    """
    setting = f"{kind}:{name}"
    where = f"{SETTING}: {setting!r}"
    from importlib import metadata  # a thirtieth of the start of who has no library

    if importlib.util.find_spec(kind) is None:
        cure = f"pip install {kind}, or set crf or rules"
        raise ConfigError(f"{where}: {kind} is not installed: {cure}")
    folder, package = Path(name).expanduser(), None
    if not folder.is_dir():
        found = importlib.util.find_spec(name) if name.isidentifier() else None
        if found is None or not found.submodule_search_locations:
            cure = "install it, for nothing is downloaded here; or set crf or rules"
            raise ConfigError(f"{where}: no folder and no package of that name: {cure}")
        folder, package = Path(found.submodule_search_locations[0]), name
    version = metadata.version(kind)
    model = LocalModel(kind, setting, folder.resolve(), package, version)
    if not model.mark.is_file():
        cause = f"no model of {kind}: {folder} holds no {model.mark.name}"
        raise ConfigError(f"{where}: {cause}")
    return model
