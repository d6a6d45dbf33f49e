"""The one table of words of the report, in three languages."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from minewatch.analysis.context_files import QUESTIONS
from minewatch.context.controllers import CERTAINTIES
from minewatch.context.happenings import WHAT
from minewatch.model import ALERTS, STATES
from minewatch.model.verdicts import VERDICTS, WITHDRAWN
from minewatch.reports import context_tab

PAGE = files("minewatch.reports") / "page"
LABELS = json.loads((PAGE / "labels.json").read_text("utf-8"))
SCRIPTS = "".join(p.read_text("utf-8") for p in PAGE.iterdir() if p.name.endswith(".js"))
TEMPLATE = "".join(
    (PAGE / n).read_text("utf-8") for n in ("page.html.j2", "map.html.j2", "context.html.j2")
)
CLOSED_LISTS = {
    "ctx_what_": tuple(WHAT), "ctx_certainty_": CERTAINTIES,
    "ctx_order_": ("before", "after", "unknown"), "ctx_side_": ("before", "after"),
    "ctx_date_": ("event", "placebo"), "ctx_begun_": ("older", "within"),
    "ctx_measure_": ("new_area_m2", "pool_area_m2"),
    "ctx_event_": ("before", "after"), "ctx_placebo_": ("before", "after"),
    "ctx_wet_": ("sure", "maybe", "none"), "ctx_chart_": ("usd", "t"),
    "ctx_": QUESTIONS,
}  # fmt: skip
"""Beginnings of labels to what a table of an answer may hold."""


def test_every_label_is_in_three_languages_and_holds_the_same_figures() -> None:
    for key, words in LABELS.items():
        assert list(words) == ["en", "my", "zh"], key
        assert all(words.values()), key
        holes = [sorted(re.findall(r"\{\w+\}", text)) for text in words.values()]
        assert holes[0] == holes[1] == holes[2], key
        assert re.search("[\u1000-\u109f]", words["my"]), key
        assert re.search("[\u4e00-\u9fff]", words["zh"]), key


def test_every_state_and_alert_has_a_label() -> None:
    assert {f"state_{s}" for s in STATES} | {f"alert_{a}" for a in ALERTS} <= set(LABELS)
    assert {f"verdict_{v}" for v in VERDICTS if v != WITHDRAWN} <= set(LABELS)


def test_every_word_of_the_closed_lists_of_answers_has_a_label() -> None:
    assert tuple(WHAT) == context_tab.WHAT
    assert _words_of_answers() <= set(LABELS)


def _words_of_answers() -> set[str]:
    return {f"{begin}{word}" for begin, words in CLOSED_LISTS.items() for word in words}


def test_every_label_that_the_page_asks_for_is_there_and_no_other() -> None:
    asked = set(re.findall(r"(?:word|say|fill)\('(\w+)'", SCRIPTS))
    in_template = re.findall(r'say\("(\w+)"\)|data-(?:label|title)="(\w+)"', TEMPLATE)
    asked |= {of_macro or of_attribute for of_macro, of_attribute in in_template}
    assert len(asked) > 50
    assert asked <= set(LABELS)
    everything = SCRIPTS + TEMPLATE + (PAGE / "../report_page.py").read_text("utf-8")
    everything += (PAGE / "../page_charts.py").read_text("utf-8")
    everything += (PAGE / "../context_tab.py").read_text("utf-8")
    everything += (PAGE / "../context_cells.py").read_text("utf-8")
    everything += (PAGE / "../page_data.py").read_text("utf-8")
    for name in ("sheet_values", "sheet_statements", "sheet_pictures"):
        everything += (PAGE / f"../sheets/{name}.py").read_text("utf-8")
    everything += (PAGE / "../../analysis/evidence_sheets.py").read_text("utf-8")
    unused = [
        key
        for key in LABELS
        if not key.startswith(("state_", "alert_", "verdict_"))
        and key not in _words_of_answers()
        and not re.search(rf"\b{key}\b", everything)
    ]
    assert unused == []
