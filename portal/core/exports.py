"""Tables as files: CSV that no spreadsheet takes for formulas, and JSON."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to Excel, LibreOffice or Google Sheets (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")

Row = Mapping[str, str]


def cell(text: str) -> str:
    """The text as a spreadsheet shows it: an apostrophe in front of what it would calculate."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    """RFC 4180, with a byte order mark, by which Excel knows UTF-8."""
    return _download(f"{name}.csv", "text/csv; charset=utf-8", _lines(columns, rows))


def as_json(name: str, rows: Iterable[Row]) -> StreamingHttpResponse:
    """One array of objects, one a line."""
    return _download(f"{name}.json", "application/json", _objects(rows))


def _lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(columns)
    yield "\ufeff" + line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow([cell(row[column]) for column in columns])
        yield line.getvalue()


def _objects(rows: Iterable[Row]) -> Iterator[str]:
    before, encode = "[\n", DjangoJSONEncoder(ensure_ascii=False).encode
    for row in rows:
        yield before + encode(dict(row))
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _download(name: str, content_type: str, parts: Iterator[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(parts, content_type=content_type, headers=headers)
