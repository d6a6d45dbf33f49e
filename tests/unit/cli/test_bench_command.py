"""`minewatch bench` starts the suite of the checkout, or says where to get it."""

import math
import subprocess
import sys

import pytest
from tests.bench import case
from tests.bench.__main__ import Told
from tests.bench.case import Case, Figures, Setup
from tests.bench.page import section, write_page, write_plot

from minewatch.cli import bench_command, main


def figures(seconds, same=1.0):
    return Figures(
        seconds=seconds,
        cpu_seconds=seconds,
        memory_gib=0.5,
        requests=12,
        megabytes=34,
        same=same,
        ratio=2 / seconds,
    )


def test_outside_a_checkout_it_says_where_the_benchmarks_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench_command, "ROOT", tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["bench"])
    assert left.value.code == 1
    assert "make bench" in capsys.readouterr().err


def test_in_a_checkout_it_starts_the_suite_and_hands_on_its_exit_code(monkeypatch):
    started = []

    def start(command, *, cwd, check):
        started.append((command, cwd))
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(subprocess, "run", start)
    with pytest.raises(SystemExit) as left:
        main(["bench", "--quick", "--only", "median"])
    assert left.value.code == 7
    words = ["-m", "tests.bench", "--quick", "--only", "median"]
    assert started == [([sys.executable, *words], bench_command.ROOT)]


def test_the_table_tells_ratios_answers_and_what_could_not_run():
    found = {"load-http": {
        "minewatch": figures(2), "slow": figures(8, same=0.5), "broken": "no module",
        "other": figures(1, same=math.nan),
    }}  # fmt: skip
    text = section(
        found, machine={"processor": "simulated"}, command="x",
        commands={"load-http": "y"}, texts={"Beside": "in words"},
    )  # fmt: skip
    assert "| minewatch | 2.00 | 1.00 | 2.00 | 1.00 | 0.50 | 12 | 34 | 100 % |" in text
    assert "| slow | 8.00 | 0.25 | 8.00 | 0.25 | 0.50 | 12 | 34 | 50 % |" in text
    assert "| other | 1.00 | 2.00 | 1.00 | 2.00 | 0.50 | 12 | 34 | – |" in text
    assert "| broken | no module |" in text
    assert "Measured before, with `y`." in text
    assert text.endswith("### Beside\n\nin words\n")


def test_a_benchmark_run_again_leaves_the_figures_of_the_others(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    ways = {"minewatch": figures(2), "broken": "no module"}
    monkeypatch.setattr(sys, "argv", ["bench", "all"])
    first = Told(tmp_path / "told.json", is_new=True)
    first.add("zonal", ways)
    first.add("median", ways)
    first.add_text("Beside", "in words")
    first.publish(page)
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "zonal"])
    second = Told(tmp_path / "told.json", is_new=False)
    second.add("zonal", {"minewatch": figures(5)})
    second.publish(page)
    text = page.read_text()
    assert text.index("Median over") < text.index("Labels and a mean")
    assert text.count("Measured before, with `python -m tests.bench all`.") == 1
    assert "| minewatch | 5.00 |" in text
    assert "in words" in text
    assert page.with_suffix(".png").stat().st_size > 0


def test_a_way_that_fails_in_every_round_or_tells_nothing_stops_nothing(tmp_path, monkeypatch):
    def ran(code, out):
        return lambda *_, **__: subprocess.CompletedProcess([], code, out, "trace\nno module")

    setup = Setup(folder=tmp_path, where=str(tmp_path), scale=1.0)
    monkeypatch.setattr(subprocess, "run", ran(1, ""))
    assert case.time_apart("t", "peer", setup, tmp_path / "a.npy") == "no module"
    monkeypatch.setattr(subprocess, "run", ran(0, "no json"))
    assert case.time_apart("t", "peer", setup, tmp_path / "a.npy") == "it told no figures"
    ways = Case(title="t", ways={"minewatch": None, "peer": None})
    found = case.measure("t", ways, setup, rounds=2, tell=lambda _: None)
    assert found == {"minewatch": "it told no figures", "peer": "it told no figures"}
    write_plot(tmp_path / "none.png", {"median": found})
    write_plot(tmp_path / "nothing.png", {})


def test_figures_replace_figures_and_leave_the_words_round_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: written by tests.bench -->\nold\n"
                    "<!-- end of figures -->\nafter\n")  # fmt: skip
    for text in ("new", "newer"):
        write_page(page, text)
    told = page.read_text()
    assert "old" not in told
    assert told.count("newer") == 1
    assert told.startswith("before\n")
    assert told.endswith("\nafter\n")


def test_where_ours_fails_nothing_is_compared_with_an_answer_of_an_earlier_day(
    tmp_path, monkeypatch
):
    once = {"seconds": 1.0, "cpu_seconds": 1.0, "memory_gib": 0.1, "requests": 0, "megabytes": 0.0}
    monkeypatch.setattr(case, "time_apart", lambda _, way, *rest: once if way == "peer" else "no")
    (tmp_path / "answer-0.npy").write_bytes(b"old")
    setup = Setup(folder=tmp_path, where=str(tmp_path), scale=1.0)
    ways = Case(title="t", ways={"minewatch": None, "peer": None}, tolerance=0.0)
    found = case.measure("t", ways, setup, rounds=2, tell=lambda _: None)
    assert found == {"minewatch": "no", "peer": "minewatch failed"}
