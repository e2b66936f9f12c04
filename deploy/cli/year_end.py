"""`lianjian report --text` and `--docx`: the year in prose, every number the report's."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any, Final

from docxtpl import DocxTemplate  # type: ignore[import-untyped]  # the library ships no types

from deploy.cli.running import CannotDo
from services.reporting.page.paragraph import paragraphs

TEMPLATE: Final = Path(__file__).parent / "templates" / "year-end.docx"


def text(court: str, year: int, today: date, report: dict[str, Any]) -> str:
    """The paragraphs, each on a line of its own."""
    return "\n".join(paragraphs(court, year, _until(year, today), report))


def document(
    court: str, year: int, today: date, report: dict[str, Any], stale: str | None, template: Path = TEMPLATE
) -> bytes:
    """The same as a document; a template of the office's own may use `title paragraphs unit day source`."""
    try:
        page = DocxTemplate(str(template))
        page.render(
            {
                "title": f"{year}年度党建工作情况",
                "paragraphs": paragraphs(court, year, _until(year, today), report),
                "unit": f"{court}机关党委",
                "day": f"{today.year}年{today.month}月{today.day}日",
                "source": _source(today, stale),
            },
            autoescape=True,
        )
    except Exception as error:  # whatever a broken template makes the library raise is the template's fault
        if template == TEMPLATE:
            raise
        wanted = "Word 或 WPS 另存的 .docx，占位符为 title、paragraphs、unit、day、source"
        raise CannotDo(f"--template：{template} 用不了（{type(error).__name__}）；应为{wanted}。") from None
    written = io.BytesIO()
    page.save(written)
    return written.getvalue()


def write(path: Path, data: bytes) -> None:
    """The file, replaced if it is there."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CannotDo(f"--docx：{path} 写不了（{error.strerror}）。") from None


def _until(year: int, today: date) -> str:
    return min(today, date(year, 12, 31)).isoformat()


def _source(today: date, stale: str | None) -> str:
    source = f"数据截至 {today.isoformat()}，取自联建系统，与 lianjian report 一致"
    return f"{source}；尚未包含最新记录（{stale}）" if stale else source
