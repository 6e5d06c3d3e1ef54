"""Make table.tsv of the YAML files beside it, so that a start need not read them.

Run it after you have changed one of them:

    python include/config/entities/build.py

Without it everything works as well: a table that was made of other files is not read,
the files themselves are, which takes a fifth of a second more at every start.
"""

from __future__ import annotations

import sys
from pathlib import Path

CONFIG = Path(__file__).parents[1]


def main() -> int:
    """Write the table; a wrong row ends it with its place and its cure."""
    sys.path.insert(0, str(CONFIG.parent))
    from nightdesk.entity_list import ENTITY_TABLE, encode_entities
    from nightdesk.errors import ConfigError
    from nightdesk.gazetteer import load_gazetteer

    table = CONFIG / ENTITY_TABLE
    table.unlink(missing_ok=True)
    try:
        regions = load_gazetteer(CONFIG).regions
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    countries = [r.id.split(":")[1] for r in regions if r.scheme == "country"]
    table.write_text(encode_entities(CONFIG, countries), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
