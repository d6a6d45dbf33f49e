"""What other packages bring as a detector is looked at before it judges anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from minewatch.detect import DETECTORS, broken_detectors, get_detection, get_detector
from minewatch.detect.thresholds.threshold_detector import DrySeasonThresholds
from minewatch.errors import SettingsError


@dataclass(frozen=True)
class Guest(DrySeasonThresholds):
    """A sound detector."""

    name: ClassVar[str] = "guest"


@dataclass(frozen=True)
class OtherName(DrySeasonThresholds):
    """Calls itself as the baseline does."""


@dataclass(frozen=True)
class PlainRules(Guest):
    """Rules that nothing describes."""

    rules: Any = None


class NoDataclass:
    """Has all parts, but no threshold of it can be replaced."""

    name = "guest"

    def __getattr__(self, name: str) -> Any:
        return getattr(Guest(), name)


def raises() -> Any:
    """Fails when it is made."""
    raise RuntimeError("no licence")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (object, "it has no alternatives, conclude"),
        (OtherName, "it calls itself 'dry-season-thresholds'"),
        (PlainRules, "no dataclass with a field `rules`"),
        (NoDataclass, "no dataclass with a field `rules`"),
        (raises, "RuntimeError: no licence"),
    ],
)
def test_what_is_no_detector_is_refused_with_its_reason(
    make: Callable[[], Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DETECTORS.built_in, "guest", make)
    with pytest.raises(SettingsError, match=reason) as caught:
        get_detection("guest")
    assert "'guest'" in caught.value.problem
    assert caught.value.hint
    assert list(broken_detectors()) == ["guest"]
    assert get_detector("pool-banks").name == "pool-banks"


def test_a_sound_guest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DETECTORS.built_in, "guest", Guest)
    assert get_detector("guest") == Guest()
    assert get_detection("guest", {"guest": {"bare_ndvi": 0.3}}).detector.rules.bare_ndvi == 0.3
    assert broken_detectors() == {}
