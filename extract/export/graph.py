"""The graph of links between pages, by year: as GEXF 1.3, and its edges as a table.

A year's graph is that of the pages which stood at its end. Addresses of one page are one node;
the weight of an edge is how many links lead from the one page to the other.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from lxml import etree
from sqlalchemy import Connection, select

from archiver.errors import NotWritableError
from archiver.timestamps import YEAR, Span, format_timestamp
from extract.asof import PageAsOf
from extract.compare.addresses import page_identity, target
from extract.export.characters import xml_storable
from extract.export.columns import Column, Kind, Row
from extract.export.selection import Selection
from snapshots.tables import capture, url
from snapshots.visible import visible

__all__ = [
    "GRAPH_COLUMNS",
    "LinkGraph",
    "Node",
    "graph_rows",
    "graphs_by_year",
    "link_graph",
    "write_gexf",
    "write_graphs",
]

GRAPH_COLUMNS = (
    Column("year", Kind.INTEGER, "the pages are those that stood at its end"),
    Column("source", Kind.TEXT, "the page that links"),
    Column("target", Kind.TEXT, "the page that is linked to"),
    Column("weight", Kind.INTEGER, "how many links lead from the one to the other"),
    Column("target_captured", Kind.BOOLEAN, "whether the target stood in the archive as well"),
)

_GEXF = "http://gexf.net/1.3"
_ATTRIBUTES = (("site", "string"), ("captured", "boolean"), ("title", "string"))
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32)), "�")


@dataclass(frozen=True, slots=True)
class Node:
    """A page of the graph.

    Attributes:
        url: an address of it.
        title: what it is called; empty when not known.
        captured: whether it is a page that stood, and not only one that others link to.
    """

    url: str
    title: str = ""
    captured: bool = False

    @property
    def site(self) -> str:
        """The host it is on."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True)
class LinkGraph:
    """Pages and the links between them, both by key (see `page_identity`)."""

    nodes: Mapping[str, Node]
    edges: Mapping[tuple[str, str], int]


def link_graph(pages: Iterable[PageAsOf], *, within: bool = False) -> LinkGraph:
    """Make the graph of the links of some pages.

    Args:
        pages: each once.
        within: whether links count only that lead to one of these pages.

    Links of a page to itself are left out.
    """
    nodes: dict[str, Node] = {}
    linked: dict[str, Node] = {}
    edges: Counter[tuple[str, str]] = Counter()
    for page in pages:
        address = page.capture.url
        source = page_identity(address)
        nodes[source] = Node(address, page.facts.title or "", captured=True)
        for link in page.facts.links:
            told = target(link.url, address)
            if told is None:
                continue
            key = page_identity(told)
            if key != source:
                edges[source, key] += 1
                linked.setdefault(key, Node(told.partition("#")[0]))
    if within:
        edges = Counter({pair: n for pair, n in edges.items() if pair[1] in nodes})
    else:
        nodes = linked | nodes
    return LinkGraph(dict(sorted(nodes.items())), dict(sorted(edges.items())))


def graphs_by_year(
    selection: Selection, *, within: bool = False
) -> Iterator[tuple[Span, LinkGraph]]:
    """Give the graph of each year in which anything was captured; the last ends at the moment."""
    for year in _years(selection.connection, selection.moment):
        pages = replace(selection, moment=year.last).pages()
        yield year, link_graph(pages, within=within)


def _years(connection: Connection, moment: datetime) -> list[Span]:
    year = capture.c.timestamp // YEAR
    last = int(format_timestamp(moment))
    query = (
        select(year)
        .select_from(url)
        .join(capture, capture.c.url_id == url.c.id)
        .where(visible(), capture.c.timestamp <= last)
        .distinct()
    )
    years = sorted({int(found) for (found,) in connection.execute(query)})
    return [
        Span(
            datetime(number, 1, 1, tzinfo=UTC),
            min(datetime(number, 12, 31, 23, 59, 59, tzinfo=UTC), moment),
        )
        for number in years
    ]


def graph_rows(selection: Selection) -> Iterator[Row]:
    """Give a row for each edge of each year's graph, by year, source and target."""
    for year, graph in graphs_by_year(selection):
        for (source, other), weight in graph.edges.items():
            to = graph.nodes[other]
            yield {
                "year": year.last.year,
                "source": graph.nodes[source].url,
                "target": to.url,
                "weight": weight,
                "target_captured": to.captured,
            }


def write_graphs(selection: Selection, folder: Path) -> list[Path]:
    """Write the graph of each year into a folder as GEXF, ``links-2011.gexf``; give the files.

    Raises:
        NotWritableError: when the folder or a file cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for year, graph in graphs_by_year(selection):
            place = folder / f"links-{year.last.year}.gexf"
            about = f"Links between archived pages as of {year.last:%Y-%m-%d}"
            with place.open("wb") as file:
                write_gexf(file, graph, moment=year.last, about=about)
            written.append(place)
    except OSError as error:
        raise NotWritableError(str(folder), error.strerror or str(error)) from error
    return written


def write_gexf(out: BinaryIO, graph: LinkGraph, *, moment: datetime, about: str) -> None:
    """Write a graph as GEXF 1.3, which Gephi and networkx read; the same graph, the same bytes.

    Args:
        out: where to; a binary file.
        graph: the graph.
        moment: the end of its year, told as its date.
        about: what it is, in words.
    """
    with etree.xmlfile(out, encoding="utf-8") as file:
        file.write_declaration()
        with file.element(f"{{{_GEXF}}}gexf", nsmap={None: _GEXF}, version="1.3"):
            meta = _element("meta", lastmodifieddate=f"{moment:%Y-%m-%d}")
            for name, text in (("creator", "Marsham"), ("description", about)):
                meta.append(_element(name))
                meta[-1].text = _xml(text)
            file.write(meta)
            with file.element(f"{{{_GEXF}}}graph", mode="static", defaultedgetype="directed"):
                file.write(_attributes())
                with file.element(f"{{{_GEXF}}}nodes", count=str(len(graph.nodes))):
                    for key, node in graph.nodes.items():
                        file.write(_node(key, node))
                with file.element(f"{{{_GEXF}}}edges", count=str(len(graph.edges))):
                    for number, ((source, to), weight) in enumerate(graph.edges.items()):
                        ends = {"source": _xml(source), "target": _xml(to)}
                        file.write(_element("edge", id=str(number), weight=f"{weight}.0", **ends))


def _attributes() -> etree._Element:
    listed = _element("attributes", **{"class": "node", "mode": "static"})
    for number, (title, kind) in enumerate(_ATTRIBUTES):
        listed.append(_element("attribute", id=str(number), title=title, type=kind))
    return listed


def _node(key: str, node: Node) -> etree._Element:
    made = _element("node", id=_xml(key), label=_xml(node.url))
    values = _element("attvalues")
    told = (node.site, "true" if node.captured else "false", node.title)
    for number, value in enumerate(told):
        values.append(_element("attvalue", **{"for": str(number), "value": _xml(value)}))
    made.append(values)
    return made


def _element(name: str, **attributes: str) -> etree._Element:
    return etree.Element(f"{{{_GEXF}}}{name}", attributes, nsmap={None: _GEXF})


def _xml(text: str) -> str:
    return xml_storable(text)[0].translate(_CONTROLS)
