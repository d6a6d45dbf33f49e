"""What readers must know of a release, in words: for whom, how it was made, how late it is."""

from __future__ import annotations

from typing import Final

from minewatch.publishing.profiles import SCHEME, Profile
from minewatch.publishing.releases import HIDDEN, Release

NO_LICENCE: Final = "none is given: ask whoever gave it to you before you pass it on"


def about_release(release: Release, *, licence: str = "") -> dict[str, str]:
    """Everything that a file says of the release that it is of, by name.

    Parameters
    ----------
    release
        What is given away.
    licence
        Under which it is given.
    """
    return {
        "profile": release.profile.name,
        "audience": release.profile.title,
        "frame": release.frame.name,
        "frame_words": frame_words(release),
        "how": how_words(release.profile),
        "delay": delay_words(release.profile),
        "note": note_of(release),
        "licence": licence or NO_LICENCE,
    }


def frame_words(release: Release) -> str:
    """What the cells are, in words."""
    if release.frame.cell_m is None:
        return "Counted by district."
    return f"Cells of {release.frame.cell_m / 1000:g} km of one fixed grid for the world."


def how_words(profile: Profile) -> str:
    """How a release comes about, in words."""
    return (
        "Sites with the alert provisional or confirmed are counted in the cell in which they were "
        f"first found. A cell is shown from {profile.least_sites} sites on. Classes of scheme "
        f"{SCHEME}."
    )


def delay_words(profile: Profile) -> str:
    """How late a release is, in words."""
    if not profile.delay_months:
        return "Delay: none; the newest period is the last that the images cover."
    return (
        f"Delay: nothing newer than {profile.delay_months} whole months before the last image is "
        "shown."
    )


def note_of(release: Release) -> str:
    """What readers must know of a release, in words."""
    least = release.profile.least_sites
    words = [
        "Indications from satellite images, not findings; classes, not counts.",
        "not_observed: known sites that were not seen in that period, unknown and not absent.",
    ]
    if least > 1:
        words.append(
            f"Cells with fewer than {least} sites are not shown, and neither are some others that "
            f"would give them away; 0-{least - 1} may be none; '{HIDDEN}' is neither none nor few."
        )
    return " ".join(words)
