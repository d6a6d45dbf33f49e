"""Sheets as files: a page that asks nothing of a network, and a PDF made without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from minewatch.errors import OutputError
from minewatch.reports.sheets.sheet_fonts import choose_families, import_typst, installed_fonts


def render_html(values: Mapping[str, Any], *, mark: str, source: str) -> bytes:
    """A sheet as a page. Every value that came from outside is escaped.

    Parameters
    ----------
    values
        `sheet_values.SheetMaker.values`.
    mark
        What it was made from, to know whether it would be the same again.
    source
        SHA-256 of the inventory it shows.
    """
    return _render("sheet.html.j2", mark_of_inputs=mark, source=source, **values)


def render_index(values: Mapping[str, Any]) -> bytes:
    """The page that lists sheets.

    Parameters
    ----------
    values
        What `index.html.j2` names.
    """
    return _render("index.html.j2", **values)


def render_cell_html(values: Mapping[str, Any]) -> bytes:
    """A sheet of a release as a page.

    Parameters
    ----------
    values
        What `cell_sheet.html.j2` names.
    """
    return _render("cell_sheet.html.j2", **values)


def render_pdf(values: Mapping[str, Any]) -> bytes:
    """A sheet as PDF: tagged, with its fonts, without a date; the same bytes for equal values.

    Parameters
    ----------
    values
        `sheet_values.SheetMaker.values`.

    Raises
    ------
    SettingsError
        When `typst` or a font is missing; names what to install.
    OutputError
        When it cannot be set.
    """
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    return compile_pdf(part("sheet.typ"), text, values)


def compile_pdf(source: str, text: str, values: Mapping[str, Any]) -> bytes:
    """Set a document.

    Parameters
    ----------
    source
        Of the document; it reads `values` from `sys.inputs.data`.
    text
        Where to look for letters that need a font of their own.
    values
        What it shows; `fonts` is added.
    """
    return bytes(_compile(source, text, values))


def compile_pages(values: Mapping[str, Any], *, ppi: float) -> list[bytes]:
    """Pages of a sheet as PNG, for pages about minewatch.

    Parameters
    ----------
    values
        `sheet_values.SheetMaker.values`.
    ppi
        Pixels an inch.
    """
    text = json.dumps(values, ensure_ascii=False)
    pages = _compile(part("sheet.typ"), text, values, format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def _compile(source: str, text: str, values: Mapping[str, Any], **options: Any) -> Any:
    typst = import_typst()
    fonts, families = installed_fonts()
    data = {**values, "fonts": choose_families(text, families)}
    try:
        return typst.compile(
            source.encode(), font_paths=fonts, ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False, allow_nan=False)}, **options,
        )  # fmt: skip
    except RuntimeError as error:
        raise OutputError(
            f"cannot set a sheet as PDF: {error}", hint="please report this with --debug"
        ) from error


def part(name: str) -> str:
    """A file beside this module."""
    return (files("minewatch.reports.sheets") / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["drawing"] = _drawing
    return environment


def _drawing(svg: str, words: str) -> Markup:
    """A drawing with words for who cannot see it."""
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1))


@cache
def _template(name: str) -> Any:
    return _environment().from_string(part(name))


def _render(name: str, **values: Any) -> bytes:
    css = part("sheet.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page: str = _template(name).render(css=Markup(css), policy=policy, **values)
    return page.encode()
