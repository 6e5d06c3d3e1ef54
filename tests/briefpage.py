"""The page of a brief held against the snapshot, until no figure is left.

What has been held against a query is taken out of the page. What remains then may hold
no digit outside names and titles: a figure that somebody adds is a failure until the
walk knows the query that it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from briefcharts import check_figure
from briefworld import NOTHING, ask_rows, say_edition_of
from lxml import html

from nightdesk.report import say_classes, split_classes, wording

Node = html.HtmlElement
#: Section -> what its tables show, asked of the snapshot for the night `$1`.
TABLES = {
    "world": "SELECT name, n_articles, n_texts, n_sources, share"
    " FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'country'",
    "entities": "SELECT name, n_articles, n_texts, n_sources FROM entities_by_day"
    " WHERE night = $1",
    "missing": "SELECT bin, replace(reason, '_', ' '), n_entries, n_sources"
    " FROM reasons WHERE night = $1",
    "sources": "SELECT coalesce(name, source_id), country, replace(status, '_', ' '),"
    " replace(coalesce(reason, ''), '_', ' '), coalesce(n_seen, 0),"
    " coalesce(n_loaded, 0), coalesce(n_duplicate, 0), coalesce(n_rejected, 0),"
    " coalesce(n_failed, 0), coalesce(n_pending, 0), wire_share,"
    " round_even(median_words, 0)::BIGINT FROM source_health WHERE night = $1",
}
CARDS = (
    "SELECT n_articles, n_seen, n_texts, n_articles - n_texts, n_independent,"
    " n_sources, (SELECT count(*) FROM articles_by_region WHERE night = $1 AND role ="
    " 'about' AND scheme = 'country'), (SELECT max(n_articles) FROM articles_by_region"
    " WHERE night = $1 AND role = 'about' AND scheme = 'country')"
    " FROM coverage_by_night WHERE night = $1"
)
#: A count that says how much was cut off -> how many there are in all.
CUT = {
    "world": TABLES["world"],
    "sources": TABLES["sources"],
    "articles": "SELECT article_id FROM article_list WHERE night = $1",
}
STORIES = {"events": ("top_stories", "reports"), "stories": ("top_clusters", "copies")}
LOST = (
    "SELECT count(*) FILTER (status = 'failed'), count(*) FILTER (status ="
    " 'no_coverage'), count(*) FILTER (status = 'not_collected') FROM source_health"
    " WHERE night = $1"
)
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_WEEK = 7


def walk_page(con: Any, text: str, brief: dict[str, Any]) -> int:
    """Hold every figure of a page against a snapshot; return how many rows it shows.

    Args:
        con: the snapshot.
        text: the page.
        brief: its JSON, whose rows have been asked of the snapshot already.
    """
    return _Walk(con, text, brief).walk()


class _Walk:
    def __init__(self, con: Any, text: str, brief: dict[str, Any]) -> None:
        self.con, self.brief = con, brief
        self.page = html.document_fromstring(text)
        self.night = date.fromisoformat(brief["night"])
        self.facts = {
            fact["id"]: fact
            for section in brief["sections"]
            for fact in section["facts"]
        }
        self.n_rows = 0

    def walk(self) -> int:
        for step in (
            self.check_rows,
            self.check_facts,
            self.check_changes,
            self.check_cards,
            self.check_stories,
            self.check_articles,
            self.check_tables,
            self.check_figures,
            self.check_head,
            self.check_missing,
        ):
            step()
        self.check_rest()
        return self.n_rows

    def ask(self, sql: str, *more: object) -> list[tuple]:
        return self.con.execute(sql, [self.night, *more]).fetchall()

    def take(self, path: str) -> list[Node]:
        """Return the nodes of a path, and take them out of the page."""
        found = self.page.xpath(path)
        for node in found:
            node.drop_tree()
        return found

    # sentences ----------------------------------------------------------------

    def check_rows(self) -> None:
        """The rows behind the sentences are those of the JSON, in its words."""
        at = None
        counts: Counter[str] = Counter()
        (body,) = self.page.xpath("//*[@id='rows']//tbody") or [None]
        for line in [] if body is None else body:
            at = self.facts[line.get("id", "r-x")[2:]] if line.get("id") else at
            row = at["rows"][counts[at["id"]]]
            counts[at["id"]] += 1
            shown = {k: v for k, v in row["values"].items() if k != "stories"}
            said = [_say_pairs(row["key"], ", "), _say_pairs(shown, "; ")]
            assert [squeeze(cell) for cell in line[2:]] == said, at["id"]
            self.n_rows += 1
        assert all(n == len(self.facts[name]["rows"]) for name, n in counts.items())
        for summary in self.take("//*[@id='rows']//summary"):
            assert _NUMBER.findall(squeeze(summary)) == [str(len(counts))]
        self.take("//*[@id='rows']//tbody")

    def check_facts(self) -> None:
        """A sentence is one of the JSON, with its bars and headlines."""
        for link in self.take("//a[@class='row']"):
            assert link.get("href")[3:] in self.facts
        for node in self.take("//*[starts-with(@id, 'f-')]"):
            fact = self.facts[node.get("id")[2:]]
            said = squeeze(node if node.tag != "li" else node.find("p"))
            assert said == " ".join(f"{fact['name']} {fact['text']}".split())
            values = fact["rows"][0]["values"]
            for gauge in node.xpath(".//svg"):
                expected = wording.say_decimal(values["expected_28"])
                tonight = f"{values['n_compared']} tonight, {expected} expected"
                assert gauge.get("aria-label") == tonight
            notes = [squeeze(note) for note in node.xpath("./ul/li/span")]
            told = [f"({why['note']})" for why in fact["why"]]
            assert [note.removesuffix(" · in this brief") for note in notes] == told
            self.n_rows += 1

    def check_changes(self) -> None:
        """What has changed is what the JSON says, and is said now."""
        changes = self.brief["edition"]["changes"]
        said = {fact["text"] for fact in self.facts.values()} | {"no longer said"}
        for node, change in zip(
            self.take("//*[@class='changes']//li"), changes, strict=False
        ):
            assert change["now"] in said
            assert squeeze(node).startswith(f"{change['name']} {change['now']}".strip())
        for summary in self.take("//*[@class='changes']/summary"):
            before = str(self.brief["edition"]["number"] - 1)
            assert _NUMBER.findall(squeeze(summary)) == [str(len(changes)), before]

    # figures ------------------------------------------------------------------

    def check_cards(self) -> None:
        ((articles, seen, texts, copies, own, sources, countries, first),) = self.ask(
            CARDS
        )
        told = [squeeze(card) for card in self.take("//*[@class='cards']")]
        figures = [articles, seen, texts, copies, own, sources, countries, first]
        known = [wording.say_number(n) for n in figures if n]
        found = [n for text in told for n in _NUMBER.findall(text) if n != "0"]
        assert found == known, told
        self.n_rows += 1

    def check_stories(self) -> None:
        """Stories and copied texts: units, times, and what was cut off."""
        for section, (mart, column) in STORIES.items():
            rows = ask_rows(self.con, mart, self.night, "n_sources > 1")
            for node, row in zip(
                self.take(f"//*[@id='{section}']/ol/li"), rows, strict=False
            ):
                self._check_story(node, row, column)

    def _check_story(self, node: Node, row: dict[str, Any], column: str) -> None:
        head, listed = node.xpath("./div/p")
        units = ("n_sources", "n_texts") if column == "reports" else ()
        figures = [row[unit] for unit in (*units, "n_articles")]
        figures += [] if units else [row["n_sources"]]
        times = _read_times(self.night, [row["first_published_at"]])
        assert read_numbers(head) == times + _say_all(figures), squeeze(head)
        parts: list[str] = []
        shown = listed.xpath("./a | ./bdi")
        for copy in row[column][: len(shown)]:
            parts += _read_times(self.night, [copy["published_at"]])
            n_articles = copy["n_articles"] if column == "reports" else 1
            parts += _say_all([n_articles] if n_articles > 1 else [])
        cut = len(row[column]) - len(shown)
        assert read_numbers(listed) == parts + _say_all([cut] if cut else [])
        self.n_rows += 1

    def check_articles(self) -> None:
        rows = ask_rows(self.con, "article_list", self.night, "true")
        lines = self.take("//*[@id='articles']//tbody/tr")
        for node, row in zip(lines, rows, strict=False):
            is_day = row["published_precision"] == "day"
            times = [] if is_day else [row["published_at"]]
            assert read_numbers(node[0]) == _read_times(self.night, times)
            self.n_rows += 1
        for summary in self.take("//*[@id='articles']//summary"):
            assert read_numbers(summary) == _say_all([len(lines)])

    def check_tables(self) -> None:
        for section, sql in TABLES.items():
            known = {tuple(map(_say, row)) for row in self.ask(sql)}
            n_shown = 0
            for row in self.take(f"//*[@id='{section}']//tbody/tr"):
                cells = tuple(squeeze(cell) for cell in row.xpath("td"))
                assert cells in known, (section, cells)
                n_shown += 1
            self.n_rows += n_shown
            if section in CUT:
                self._check_cut(section, n_shown)
        shown = self.ask(
            "SELECT count(*) FROM entities_by_day WHERE night = $1 GROUP BY type"
            " HAVING count(*) > 12 ORDER BY array_position(['PER', 'ORG', 'LOC'], type)"
        )
        more = self.take("//*[@id='entities']//p[contains(., ' more.')]")
        found = [n for node in more for n in read_numbers(node)]
        assert found == _say_all(n - 12 for (n,) in shown)

    def _check_cut(self, section: str, n_shown: int) -> None:
        """A count of what is not shown stands behind the table, at its end."""
        cut = len(self.ask(CUT[section])) - n_shown
        notes = self.page.xpath(f"//*[@id='{section}']//p[@class='note']")
        found = [n for node in notes for n in read_numbers(node)]
        assert found == _say_all([cut] if cut else []), (section, found)
        for node in notes:
            node.drop_tree()

    def check_figures(self) -> None:
        for node in self.take("//figure"):
            self.n_rows += check_figure(self.con, self.night, node)
        top = self.ask(
            "SELECT max(n_articles) FROM articles_by_region WHERE night = $1"
            " AND role = 'about' AND scheme = 'country'"
        )[0][0]
        classes = say_classes(split_classes(top or 0))
        legend = self.take("//*[@id='world']//ul[@class='legend']/li")
        assert [squeeze(node) for node in legend[1:-1]] == classes

    def check_head(self) -> None:
        """The day, the edition, and what became of every entry."""
        (head,) = self.take("//header")
        day = wording.say_day(self.night)
        said = (
            f"{wording.say_date(self.night)} The night of {day}, 00:00 to 24:00 UTC."
            f" All times are UTC. {say_edition_of(self.con, self.brief)}"
        )
        assert (
            " ".join(squeeze(head).split("brief ", 1)[1].split())[: len(said)] == said
        )
        assert not _NUMBER.search(squeeze(head.find("nav")))
        for node in self.take("//title"):
            assert squeeze(node) == f"nightdesk, {wording.say_date(self.night)}"
        for node in self.take("//p[@class='lead']"):
            text = squeeze(node).removesuffix(" What is missing")
            assert text == self.facts["night-watched"]["text"]
        ((repeats,),) = self.ask(
            "SELECT n_repeats FROM coverage_by_night WHERE night = $1"
        )
        for node in self.take("//p[@class='account']"):
            told = read_numbers(node)
            bins = _NUMBER.findall(self.facts["night-accounting"]["text"])
            assert told == bins + _say_all([repeats] if repeats else [])

    def check_missing(self) -> None:
        lost = [n for n in self.ask(LOST)[0] if n]
        heads = self.take("//*[@id='missing']/h3[starts-with(., '1') or not(@id)]")
        found = [n for node in heads for n in read_numbers(node)]
        assert found == _say_all(lost)
        untagged = self.ask(
            "SELECT n_untagged FROM languages WHERE night = $1 AND n_untagged > 0"
            " ORDER BY n_untagged DESC, lang"
        )
        total = sum(n for (n,) in untagged)
        for node in self.take("//*[@id='missing']/p[contains(., 'every share')]"):
            figures = _say_all([total, *(n for (n,) in untagged)])
            assert Counter(read_numbers(node)) == Counter(figures)
        built = {
            n
            for (n,) in self.ask(
                "SELECT night FROM coverage_by_night WHERE night <= $1"
            )
        }
        week = [self.night - timedelta(days=back) for back in range(_WEEK - 1, 0, -1)]
        gaps = [day for day in week if day not in built and day > min(built)]
        for node in self.take("//*[@id='missing']/p[contains(., 'not built')]"):
            assert squeeze(node).endswith(
                f"{wording.say_list([wording.say_day(day) for day in gaps])}."
            )

    # what is left -------------------------------------------------------------

    def check_rest(self) -> None:
        """Nothing is left that has a digit; names and titles are not ours."""
        self.take("//bdi")
        self.take("//style")
        left = [text for text in self.page.itertext() if re.search(r"\d", text)]
        for name in ("aria-label", "title", "alt", "datetime"):
            left += [v for v in self.page.xpath(f"//@{name}") if re.search(r"\d", v)]
        told = [text for text in map(str.strip, left) if text not in _WORDS]
        assert told == [], told


#: Figures of the page that are of no night.
_WORDS = {"expected by the 28 nights before", NOTHING}


def squeeze(node: Node) -> str:
    return " ".join(node.text_content().split())


def read_numbers(node: Node) -> list[str]:
    """Return the figures of a node, without those of the names and titles in it."""
    copy = html.fromstring(html.tostring(node))
    for name in copy.xpath(".//bdi"):
        name.drop_tree()
    return _NUMBER.findall(squeeze(copy))


def _read_times(night: date, times: Iterable[Any]) -> list[str]:
    said = [wording.say_time(at, night) for at in times]
    return [number for text in said for number in _NUMBER.findall(text)]


def _say_all(figures: Iterable[int]) -> list[str]:
    return [wording.say_number(figure) for figure in figures]


def _say(value: object) -> str:
    if isinstance(value, float):
        return wording.say_share(value)
    if isinstance(value, int):
        return wording.say_number(value)
    return "\N{EN DASH}" if value is None else str(value)


def _say_pairs(values: dict[str, object], between: str) -> str:
    said = {
        name: "\N{EN DASH}"
        if value is None
        else ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value)
        for name, value in values.items()
    }
    pairs = between.join(f"{name} {value}" for name, value in said.items())
    return " ".join(pairs.split())
