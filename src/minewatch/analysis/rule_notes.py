"""What is to know of a run's state before it is shown: other rules may have made it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from typing import Any, Final

from minewatch.model import Detection, RunResult, SceneList
from minewatch.store.output_folder import rules_before
from minewatch.store.rule_versions import READ_ANEW, changed_rules, flat_rules, rule_versions
from minewatch.store.state_folder import StateFolder

MONTHS: Final = READ_ANEW
"""Kinds of rules that made the months."""
EXPLAINED: Final = (*MONTHS, "cloud_commission", "picture", "evidence")
"""Kinds of rules behind an explanation."""


def other_rules_notes(
    result: RunResult, detection: Detection, scenes: SceneList, *, kinds: Collection[str]
) -> list[str]:
    """Which rules made a run's state, where they are not those that are in force now.

    Parameters
    ----------
    result
        A finished run, with its `state/`.
    detection, scenes
        Who judged it, as this minewatch has it, and its scenes.
    kinds
        Kinds of rules that count: `MONTHS` or `EXPLAINED`.

    Returns
    -------
    list of str
        Sentences, each with what to do; empty when all is of the same rules.
    """
    state = StateFolder(directory=result.directory / "state")
    versions, thresholds = rules_before(state)
    in_force = _among(rule_versions(detection, scenes), kinds)
    changed = changed_rules(_among(versions, kinds), in_force)
    if thresholds:
        now = flat_rules(detection)
        if "evidence" not in kinds:
            now = {name: value for name, value in now.items() if name.startswith("overpass.")}
        changed += changed_rules(thresholds, now)
    begun = changed_rules(_among(versions, kinds), _among(state.read_rule_versions(), kinds))
    mend = (
        f"`minewatch update {shlex.quote(str(result.directory))} "
        f"--end {result.manifest['parameters']['end']}` makes all of it by one set of rules"
    )
    notes = []
    if changed:
        notes.append(f"made by other rules than this minewatch has: {'; '.join(changed)}; {mend}")
    if begun:
        notes.append(
            f"a job by other rules began here and did not end: {'; '.join(begun)}; "
            f"months of both may be mixed; {mend}"
        )
    return notes


def _among(versions: Mapping[str, Any], kinds: Collection[str]) -> dict[str, Any]:
    return {kind: version for kind, version in versions.items() if kind in kinds}
