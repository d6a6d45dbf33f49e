"""Alerts: the first time that a site of a run becomes provisional or confirmed.

What was announced is kept beside the outputs, so that an alert is neither lost when a job is cut,
nor given twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from minewatch.context.absence import first_news
from minewatch.errors import OutputError
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult
from minewatch.sites.totals import LIKELY
from minewatch.store.output_folder import open_result

LEDGER: Final = "context/alerts.json"
"""Ids that are known, in the folder of a run."""
NEWS: Final = 5
"""Exit code: done, and something is provisional or confirmed for the first time."""


@dataclass(frozen=True, kw_only=True)
class SiteAlert:
    """What is new after an update."""

    area: str
    """Name of the area."""
    simulated: bool
    """Whether it is no real place."""
    sites: tuple[dict[str, Any], ...]
    """`site_id`, `alert`, `state`, `last_undisturbed`, `first_detected`, `confidence` of each."""

    @property
    def line(self) -> str:
        """One line for a mail; empty without news. No position: a mail is read by many."""
        if not self.sites:
            return ""
        mark = "SIMULATED, no real place: " if self.simulated else ""
        named = ", ".join(
            f"{s['site_id']} ({s['alert']}, began after {s['last_undisturbed'] or 'an unknown day'}"
            f", first seen {s['first_detected']})"
            for s in self.sites
        )
        count = len(self.sites)
        return f"{mark}{self.area}: {count} new site{'s'[: count != 1]}: {named}"

    @property
    def exit_code(self) -> int:
        """0 without news."""
        return NEWS if self.sites else 0


def note_known_sites(directory: str | Path) -> None:
    """Before an update: keep which sites are known, unless an earlier alert did.

    Parameters
    ----------
    directory
        Folder of a finished run.
    """
    path = Path(directory) / LEDGER
    if not path.exists():
        _write(path, sorted(_likely(open_result(directory))))


def find_alert(directory: str | Path) -> SiteAlert:
    """After an update: what is provisional or confirmed for the first time; noted as announced.

    Parameters
    ----------
    directory
        Folder of a finished run in which `note_known_sites` was called before the update.

    Raises
    ------
    OutputError
        When what was announced cannot be read.
    """
    result, path = open_result(directory), Path(directory) / LEDGER
    known = _read(path)
    new = first_news(known, result.sites)
    columns = ["site_id", "alert", "state", "last_undisturbed", "first_detected", "confidence"]
    plain = pd.DataFrame(new)[columns].astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    _write(path, sorted({*known, *_likely(result)}))
    return SiteAlert(
        area=result.name, simulated=result.simulated,
        sites=tuple({str(k): v for k, v in row.items()} for row in rows),
    )  # fmt: skip


def _likely(result: RunResult) -> set[str]:
    return {row["site_id"] for row in result.read_rows("sites") if row["alert"] in LIKELY}


def _read(path: Path) -> list[str]:
    try:
        return [str(site_id) for site_id in json.loads(path.read_text("utf-8"))["known_sites"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path} cannot be read: {error}",
            hint="delete it: the next update --alert begins anew with what is known by then",
        ) from None


def _write(path: Path, ids: list[str]) -> None:
    write_bytes_atomic(path, (json.dumps({"known_sites": ids}, indent=1) + "\n").encode())
