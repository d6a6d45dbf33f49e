"""Fonts of the PDF sheets: found among those of the machine, none comes with minewatch.

Latin letters are DejaVu Sans, which matplotlib brings; Burmese and Chinese need an installed font
under an open licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from minewatch.errors import SettingsError

LATIN: Final = "DejaVu Sans"
"""The font of everything that is not Burmese or Chinese; comes with matplotlib."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """Letters that need a font of their own."""

    name: str
    """What they are called."""
    letters: re.Pattern[str]
    """What they are."""
    families: tuple[str, ...]
    """Fonts under the SIL Open Font Licence that have them, the best first."""
    package: str
    """Package of Debian that brings the first of them."""


SCRIPTS: Final = (
    Script(
        name="Burmese", letters=re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]"),
        families=("Noto Sans Myanmar", "Padauk"), package="fonts-noto-core or fonts-sil-padauk",
    ),
    Script(
        name="Chinese",
        letters=re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"),
        families=("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK JP"),
        package="fonts-noto-cjk",
    ),
)  # fmt: skip
"""Scripts that the sheets need beside Latin letters."""


def import_typst() -> Any:
    """The library that writes PDFs.

    Raises
    ------
    SettingsError
        When it is not installed.
    """
    try:
        import typst
    except ImportError:
        raise SettingsError(
            "PDF sheets need the package typst, which is not installed",
            hint='pip install "minewatch[evidence]"',
        ) from None
    return typst


@cache
def installed_fonts() -> tuple[Any, frozenset[str]]:
    """Fonts of this machine for `typst`, looked for once, and the names of their families."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = import_typst().Fonts(
        include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(folder)]
    )
    return fonts, frozenset(fonts.families())


def choose_families(text: str, installed: Iterable[str]) -> list[str]:
    """Fonts for a text, the one of Latin letters first.

    Parameters
    ----------
    text
        All that is going to be written.
    installed
        Families of this machine.

    Raises
    ------
    SettingsError
        When letters of the text have no font; names the package to install.

    Examples
    --------
    >>> choose_families("a", ["DejaVu Sans", "Padauk"])
    ['DejaVu Sans']
    >>> choose_families("\u1000", ["DejaVu Sans", "Padauk"])
    ['DejaVu Sans', 'Padauk']
    """
    known, chosen = set(installed), [LATIN]
    for script in SCRIPTS:
        if not script.letters.search(text):
            continue
        found = [family for family in script.families if family in known]
        if not found:
            raise SettingsError(
                f"no font for {script.name} letters is installed",
                hint=f"install one of {', '.join(script.families)} "
                f"(Debian: apt install {script.package})",
            )
        chosen.append(found[0])
    return chosen
