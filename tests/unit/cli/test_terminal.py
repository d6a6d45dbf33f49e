"""Tables in a terminal."""

from __future__ import annotations

import pytest

from minewatch.cli import terminal


def test_no_word_of_a_table_is_cut_where_it_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.out(), "width", 80)
    names = ("site", "alert", "state", "began", "last activity", "most ground", "pools")
    row = ("sr67f5tjrrt", "confirmed", "abandoned_wet", "2021-06-13 – 2021-11-10", "2022-04-29",
           "0.44 ha", "3–17")  # fmt: skip
    terminal.table("made", names, [row])
    text = capsys.readouterr().out
    assert "…" not in text
    for word in " ".join((*names, *row)).split():
        assert word in text


def test_brackets_in_a_table_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table("made", ("to mend",), [("pip install 'minewatch[notebook]'",)])
    assert "'minewatch[notebook]'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("called", "found", "word"),
    [
        ("clone/.venv/bin/minewatch", None, "clone/.venv/bin/minewatch"),
        ("my clone/bin/minewatch", None, "'my clone/bin/minewatch'"),
        ("env/bin/minewatch", "env/bin/minewatch", "minewatch"),
        ("minewatch/__main__.py", None, "minewatch"),
    ],
)
def test_what_to_do_next_can_be_typed_where_the_name_finds_nothing(
    called: str, found: str | None, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [called, "demo"])
    monkeypatch.setattr("shutil.which", lambda _: found)
    assert terminal.command() == word
