"""Every command: its module and its line in `nightdesk --help`.

The list is apart from the modules because those import the whole pipeline: a command
pays only for what it uses, and the list for none of it.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command of the command line, not yet imported."""

    module: str  # in `nightdesk.cli`; its `add_commands` adds this one and others
    about: str  # a line of at most 64 characters


#: In the order in which they are listed.
COMMANDS = {
    "run": Command("night", "run whole nights without Airflow"),
    "collect": Command("night", "poll sources for a night, archive their new pages"),
    "extract": Command("night", "extract the articles of a night's pages, or of rows"),
    "deduplicate": Command("night", "find the copies inside a night, or among rows"),
    "tag": Command("night", "tag a night's articles, or rows"),
    "load": Command("night", "build a night from the archive and load it"),
    "publish": Command("night", "publish what was loaded since the last time"),
    "accounting": Command("night", "print what became of every entry of a night"),
    "feed": Command("jsonl", "parse feeds that are given as rows"),
    "fetch": Command("jsonl", "fetch addresses that are given as rows"),
    "stories": Command("jsonl", "group reports of one event among rows"),
    "gaps": Command("people", "print what is missing, and what would close it"),
    "try": Command("people", "show what each step keeps of one page, and why"),
    "brief": Command("people", "print a night's brief"),
    "decide": Command("decide", "say which articles carry one text or tell one story"),
    "decisions": Command("decide", "print what people decided"),
    "sources": Command("sources", "look after the list of sources"),
    "health": Command("health", "print how each source is doing, and what to do"),
    "learn": Command("learn", "learn from published nights for those to come"),
    "train": Command("train", "learn the names of the tagger from labelled news"),
    "add": Command("add", "bring in one page by hand"),
    "archive": Command("archive", "look into the archive of pages and feeds"),
    "backfill": Command("backfill", "say what of past nights is where, and its cost"),
    "correct": Command("correct", "put a tag, a date or a merge of entities right"),
    "why": Command("why", "print an article with what each tag and date comes from"),
    "search": Command("search", "search everything that is published"),
    "newsstand": Command("world", "serve the sample world on this machine"),
    "doctor": Command("world", "check this machine and say what to do"),
    "warehouse": Command("warehouse", "look into the warehouse, check it and mend it"),
    "maintain": Command("maintain", "do the weekly upkeep"),
    "takedown": Command("takedown", "remove an article or a source for good"),
    "backup": Command("backup", "write everything that is kept into one file"),
    "restore": Command("backup", "put a backup in place"),
    "upgrade": Command("backup", "after a pull: bring the warehouse to the new schema"),
}
