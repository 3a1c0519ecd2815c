"""The example site: it can be rebuilt to the byte, and it keeps the promises its README makes."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import etree, html

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "home-office"
YEARS = ("2009", "2011", "2013")
HOST = "www.homeoffice.example"
DIRECTORIES = ("north-east", "wales", "west-midlands", "yorkshire-humber")
NEVER_CAPTURED = {"/police/", "/drugs/", "/counter-terrorism/", "/search"}
REPLAY = re.compile(
    r"(?:http://webarchive\.nationalarchives\.gov\.uk)?/(\d{14})([a-z]+_)?/(http:/.*)"
)
# The ranges Ofcom keeps free for drama.
DRAMA = re.compile(
    r"020 7946 0\d{3}|01(?:13|14|15|16|17|18|21|31|41|51|61) 496 0\d{3}|0191 498 0\d{3}"
    r"|01632 960\d{3}|029 2018 0\d{3}|07700 900\d{3}|03069 990\d{3}"
)
VOID = {"meta", "link", "img", "br", "input", "hr"}


def listing(year: str) -> list[dict[str, str]]:
    with (EXAMPLE / year / "pages.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def original(address: str) -> tuple[str, str]:
    """The 14 digits and the live address inside an archive's address."""
    found = REPLAY.fullmatch(address)
    assert found, address
    return found[1], re.sub(r"http:/+", "http://", found[3])


def path_of(address: str) -> str:
    """The path on the example's own host, without query or fragment."""
    return re.split("[?#]", original(address)[1].removeprefix(f"http://{HOST}"))[0]


def saved(year: str, suffix: str = ".html") -> Iterator[tuple[dict[str, str], str]]:
    """Each saved text file of a year, with its line of the list."""
    charset = "iso-8859-1" if year == "2009" else "utf-8"
    for row in listing(year):
        if row["file"].endswith(suffix):
            yield row, (EXAMPLE / year / row["file"]).read_text(encoding=charset)


def page(year: str, path: str) -> str:
    return next(text for row, text in saved(year) if path_of(row["url"]) == path)


def listed_partnerships(year: str, region: str) -> list[str]:
    tree = html.fromstring(page(year, f"/crime/partnerships/directory/{region}/").encode())
    names = tree.xpath(
        "//table[@class='directory']/tbody/tr/td[1] | //dl[@class='directory']/dt | //h3"
    )
    return [name.text_content().strip() for name in names]


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", EXAMPLE / "build.py", tmp_path], check=True)
    for year in YEARS:
        here = {p.relative_to(EXAMPLE): p for p in (EXAMPLE / year).rglob("*") if p.is_file()}
        built = {p.relative_to(tmp_path): p for p in (tmp_path / year).rglob("*") if p.is_file()}
        assert built.keys() == here.keys()
        changed = [
            str(name) for name in built if built[name].read_bytes() != here[name].read_bytes()
        ]
        assert changed == []


def test_the_whole_example_stays_small() -> None:
    assert sum(p.stat().st_size for p in EXAMPLE.rglob("*") if p.is_file()) < 1_500_000


@pytest.mark.parametrize("year", YEARS)
def test_the_list_names_every_file_once_and_no_other(year: str) -> None:
    rows = listing(year)
    files = [row["file"] for row in rows if row["status"] == "200"]
    folder = EXAMPLE / year
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert sorted(files) == sorted(there - {"pages.csv"})
    assert all(row["file"] == "" for row in rows if row["status"] != "200")
    assert all(bool(row["location"]) == (row["status"] == "301") for row in rows)


@pytest.mark.parametrize("year", YEARS)
def test_the_address_the_list_and_the_banner_agree_on_the_day(year: str) -> None:
    for row, text in saved(year):
        stamp, _ = original(row["url"])
        day = re.search(r"(\d\d)/(\d\d)/(\d{4})", text)
        assert day
        banner = day[3] + day[2] + day[1]
        if row["timestamp"]:
            assert row["timestamp"] == stamp
            assert stamp.startswith(banner)
        else:  # the landing page of 2011, which contradicts itself as such pages did
            assert (year, stamp, banner) == ("2011", "20110509101621", "20110529")


def test_one_page_alone_has_no_timestamp() -> None:
    without = [path_of(r["url"]) for y in YEARS for r in listing(y) if not r["timestamp"]]
    assert without == ["/crime/partnerships/"]


class _Balance(HTMLParser):
    """Fails at the first tag that closes another than the one open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("year", YEARS)
def test_tags_are_closed_in_order_and_the_xhtml_years_parse_as_xml(year: str) -> None:
    for _row, text in saved(year):
        balance = _Balance()
        balance.feed(text)
        assert balance.open == []
        if year != "2013":
            etree.fromstring(text)


@pytest.mark.parametrize("year", YEARS)
def test_every_page_has_a_title_a_language_one_heading_and_alternative_texts(year: str) -> None:
    for row, text in saved(year):
        tree = html.fromstring(text.encode())
        assert tree.findtext(".//title")
        assert tree.get("lang") == ("cy" if path_of(row["url"]).endswith("/cymru/") else "en")
        assert len(tree.xpath("//h1")) == 1
        assert all(image.get("alt") for image in tree.iter("img"))


@pytest.mark.parametrize("year", YEARS)
def test_links_within_the_site_lead_to_a_saved_page_or_are_missing_on_purpose(year: str) -> None:
    known = {path_of(row["url"]) for y in YEARS for row in listing(y)}
    missing = set()
    for _row, text in saved(year):
        tree = html.fromstring(text.encode())
        ids = set(tree.xpath("//@id"))
        for link in tree.xpath("//@href | //@src | //@action"):
            if link.startswith("#"):
                assert link[1:] in ids
            elif HOST in link and "archives.gov.uk/*/" not in link:
                while "archives.gov.uk" in link or link.startswith("/"):  # peel nested addresses
                    link = original(link)[1]
                missing.add(re.split("[?#]", link.removeprefix(f"http://{HOST}"))[0])
    assert missing - known <= NEVER_CAPTURED


def test_style_sheets_of_2011_alone_hold_the_archives_addresses() -> None:
    sheets = {year: "".join(text for _, text in saved(year, ".css")) for year in YEARS}
    assert [year for year in YEARS if "/http:/" in sheets[year]] == ["2011"]
    known = {path_of(row["url"]) for row in listing("2011")}
    addresses = re.findall(r"url\(([^)]+)\)", sheets["2011"])
    assert {path_of(address) for address in addresses} <= known


def test_every_telephone_number_is_one_kept_free_for_drama() -> None:
    texts = [text for year in YEARS for _, text in saved(year)]
    texts += [p.read_text(encoding="utf-8") for p in EXAMPLE.glob("source/**/*.txt")]
    digits = re.compile(r"(?<![\w/.=-])\+?0[\d ()-]{8,}\d")
    numbers = [number for text in texts for number in digits.findall(text)]
    assert len(numbers) > 200
    assert [number for number in numbers if not DRAMA.fullmatch(number)] == []


def test_every_host_is_an_example_the_archive_or_the_statute_book() -> None:
    allowed = {
        "webarchive.nationalarchives.gov.uk",
        "www.nationalarchives.gov.uk",
        "www.legislation.gov.uk",
    }
    names = {"www.w3.org"}  # XHTML's namespace and document types, not links
    for year in YEARS:
        for suffix in (".html", ".css", ".js"):
            for _row, text in saved(year, suffix):
                hosts = set(re.findall(r"https?:/{1,2}([\w.-]+)", text))
                hosts |= set(re.findall(r"[\w.]+@([\w.-]+\w)", text))
                hosts |= set(re.findall(r"\bwww\.[\w.-]+\w", text))
                assert {h for h in hosts - allowed - names if not h.endswith(".example")} == set()


def test_the_directories_list_what_the_readme_says() -> None:
    counted = {y: [len(set(listed_partnerships(y, r))) for r in DIRECTORIES] for y in YEARS}
    assert counted == {"2009": [12, 22, 25, 15], "2011": [12, 22, 25, 14], "2013": [12, 22, 24, 15]}
    everywhere = {name for region in DIRECTORIES for name in listed_partnerships("2011", region)}
    assert len(everywhere) == 73


def test_one_claim_alone_is_wrong() -> None:
    wrong = []
    for year in YEARS:
        for region in DIRECTORIES:
            text = page(year, f"/crime/partnerships/directory/{region}/")
            claim = re.search(r"(\d+) (?:Community Safety P|p)artnerships", text)
            assert claim
            listed = len(listed_partnerships(year, region))
            if int(claim[1]) != listed:
                wrong.append((year, region, int(claim[1]), listed))
    assert wrong == [("2011", "yorkshire-humber", 15, 14)]


def test_the_size_given_for_a_document_is_its_size() -> None:
    for year in YEARS:
        landing = page(year, "/crime/partnerships/")
        said = re.search(r'href="([^"]+\.pdf)">[^<]+</a> \(PDF file - (\d+)kb\)', landing)
        assert said
        document = EXAMPLE / year / (HOST + path_of(said[1]))
        assert abs(document.stat().st_size / 1024 - int(said[2])) < 1


def test_a_document_opens_with_its_marker_and_points_at_its_table() -> None:
    for path in EXAMPLE.glob("20*/**/*.pdf"):
        content = path.read_bytes()
        assert content.startswith(b"%PDF-1.4")
        place = int(content.split()[-2])
        assert content[place:].startswith(b"xref")
