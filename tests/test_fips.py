"""FIPS 10-4 country codes are never taken for ISO codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightdesk.errors import ConfigError
from nightdesk.fips import load_fips
from nightdesk.tag import Gazetteer

SHIPPED = Path(__file__).parents[1] / "include" / "config"
CODES = load_fips(SHIPPED)
#: Every FIPS code that is another country's ISO code, and what it is in ISO ("-": has
#: none). Written by hand from the two lists, not read from the table.
COLLISIONS = """
AG:DZ AQ:AS AS:AU AT:AU AU:AT AX:- BA:BH BD:BM BF:BS BG:BD BH:BZ BL:BO BM:MM BN:BJ
BO:BY BQ:UM BS:TF BY:BI CD:TD CF:CG CG:CD CH:CN CI:CL CK:CC CN:KM CR:AU CW:CK DO:DM
ES:SV GA:GM GB:GA GG:GE GM:DE GQ:GU IS:IL KN:KP KR:KI LI:LR LS:LI LT:LS MA:MG MC:MO
MF:YT MG:MN MH:MS MN:MC MO:MA MP:MU MQ:UM MU:OM NE:NU NG:NE NI:NG NU:NI PA:PY PF:- PG:-
PM:PA PS:PW RS:RU SB:PM SC:KN SE:SC SG:SN SN:SG ST:LC SV:SJ SX:GS SZ:CH TD:TT TK:TC
TL:TK TN:TO TO:TG TT:TL VI:VG ZA:ZM
"""
PAIRS = [tuple(pair.split(":")) for pair in COLLISIONS.split()]


@pytest.fixture(scope="module")
def iso_codes(shipped_gazetteer: Gazetteer) -> set[str]:
    regions = shipped_gazetteer.regions
    return {r.countries[0] for r in regions if r.scheme == "country"} | {"BQ"}


@pytest.mark.parametrize(("fips", "iso2"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_code_of_another_country_converts_right(fips: str, iso2: str) -> None:
    assert CODES.to_iso(fips) == (iso2 if iso2 != "-" else None)


def test_every_code_of_another_country_is_listed(iso_codes: set[str]) -> None:
    found = {
        fips
        for fips, iso2 in CODES.iso2_by_fips.items()
        if fips in iso_codes and iso2 != fips
    }
    assert found == {fips for fips, _ in PAIRS}
    assert len(PAIRS) == 77


def test_every_country_has_a_code_and_comes_back(iso_codes: set[str]) -> None:
    without = {iso2 for iso2 in iso_codes if not CODES.to_fips(iso2)}
    assert without == {"AX", "BQ"}  # Aland, Bonaire: FIPS 10-4 has no code of their own
    for iso2 in iso_codes - without:
        assert {CODES.to_iso(fips) for fips in CODES.to_fips(iso2)} == {iso2}
    assert {x for x in CODES.iso2_by_fips.values() if x} <= iso_codes


@pytest.mark.parametrize("code", ["", "  ", "QQ", "CHN", "00", "é", "PG", "\ud800"])
def test_what_is_no_country_has_no_code(code: str) -> None:
    assert CODES.to_iso(code) is None
    assert CODES.to_fips("") == ()


def test_case_and_blanks_do_not_matter() -> None:
    assert CODES.to_iso(" gm ") == "DE"
    assert CODES.to_fips(" ps ") == ("GZ", "WE")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param("AU\tAT\n", "line 1", id="a column is missing"),
        pytest.param("AU\tAT\tx\nAU\tAU\ty\n", "line 2", id="a code stands twice"),
        pytest.param("AU\tAT\tx\n\n", "line 2", id="an empty line"),
        pytest.param(None, "fips.tsv", id="no file"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, body: str | None, said: str) -> None:
    (tmp_path / "geo").mkdir()
    if body is not None:
        (tmp_path / "geo" / "fips.tsv").write_text(body, "utf-8")
    with pytest.raises(ConfigError, match=said):
        load_fips(tmp_path)
