"""The smallest PDF writer that serves: headings and paragraphs on A4, in Helvetica."""

import textwrap

__all__ = ["write_pdf"]

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 68  # A4 and its margin, in points
_STYLES = {  # font, size, characters to a line, leading, space before
    "# ": ("F2", 19, 42, 24, 0),
    "## ": ("F2", 12.5, 68, 17, 12),
    "- ": ("F1", 10.5, 84, 15, 2),
    "": ("F1", 10.5, 88, 15, 7),
}


def write_pdf(text: str) -> bytes:
    """Set `text` as a PDF file; equal text gives equal bytes.

    Args:
        text: paragraphs parted by empty lines; ``# `` is the title, ``## `` a heading and ``- ``
            an item of a list. A character outside Windows-1252 raises UnicodeEncodeError.
    """
    title = text.partition("\n")[0].removeprefix("# ")
    pages = _pages(text)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (6 + 2 * n) for n in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title %s /Author (Home Office) >>" % _string(title),
    ]
    for number, lines in enumerate(pages):
        stream = b"\n".join(lines)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
            % (_WIDTH, _HEIGHT, 7 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _file(objects)


def _pages(text: str) -> list[list[bytes]]:
    """Break `text` into lines and the lines into pages of drawing commands."""
    pages: list[list[bytes]] = [[]]
    height = _HEIGHT - _MARGIN
    for paragraph in text.strip().split("\n\n"):
        mark = next(mark for mark in _STYLES if paragraph.startswith(mark))
        font, size, width, leading, before = _STYLES[mark]
        words = paragraph.removeprefix(mark) if mark != "- " else f"\u2022 {paragraph[2:]}"
        indent = "   " if mark == "- " else ""
        lines = textwrap.wrap(words, width, subsequent_indent=indent, break_on_hyphens=False)
        height -= before
        company = 4 * leading if mark == "## " else 0  # a heading never stands last on a page
        if height - leading * len(lines) - company < _MARGIN:
            pages.append([])
            height = _HEIGHT - _MARGIN
        for line in lines:
            height -= leading
            place = f"BT /{font} {size} Tf {_MARGIN} {height:g} Td ".encode("ascii")
            pages[-1].append(place + _string(line) + b" Tj ET")
    for number, page in enumerate(pages, start=1):
        place = f"BT /F1 8.5 Tf {_MARGIN} 40 Td ".encode("ascii")
        page.append(place + _string(f"Page {number} of {len(pages)}") + b" Tj ET")
    return pages


def _string(text: str) -> bytes:
    raw = text.encode("cp1252")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw + b")"


def _file(objects: list[bytes]) -> bytes:
    """Number the objects from one and add the table of where each begins."""
    body = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        b"%sxref\n0 %d\n0000000000 65535 f \n%strailer\n"
        b"<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (body, len(objects) + 1, table, len(objects) + 1, len(body))
    )
