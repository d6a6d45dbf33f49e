"""What may leave the house: layers coarse enough to publish, a ledger of them, and a check."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.publishing.cell_counts import count_sites
    from minewatch.publishing.disclosure_audit import Disclosure, Finding, audit
    from minewatch.publishing.frames import Frame, Region, grid_frame, township_frame
    from minewatch.publishing.profiles import PRIVATE, PROFILES, Profile, Span
    from minewatch.publishing.release_ledger import (
        LEDGER_FOLDER,
        add_entry,
        check_release,
        hidden_before,
        read_ledger,
    )
    from minewatch.publishing.release_words import about_release
    from minewatch.publishing.releases import (
        Release,
        make_release,
        periods_to_release,
        release_layers,
        season_name,
    )
    from minewatch.publishing.township_files import read_townships

__all__ = [
    "LEDGER_FOLDER",
    "PRIVATE",
    "PROFILES",
    "Disclosure",
    "Finding",
    "Frame",
    "Profile",
    "Region",
    "Release",
    "Span",
    "about_release",
    "add_entry",
    "audit",
    "check_release",
    "count_sites",
    "grid_frame",
    "hidden_before",
    "make_release",
    "periods_to_release",
    "read_ledger",
    "read_townships",
    "release_layers",
    "season_name",
    "township_frame",
]

__getattr__ = attach(__name__, __file__)
