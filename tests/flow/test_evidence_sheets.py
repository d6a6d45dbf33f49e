"""Evidence sheets: an editor gets one and traces every figure on it to the run and its scenes."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader
from tests.burmese_glyphs import VIRAMA, broken_stacks, clusters, widths
from tests.large_run import write_large_run
from typer.testing import CliRunner

from minewatch import exporters
from minewatch.analysis import export, set_verdict, stale_products
from minewatch.analysis.evidence_sheets import export_evidence, write_evidence
from minewatch.analysis.explanations import gather_explanation
from minewatch.analysis.month_series import months_of_sites
from minewatch.cli import app
from minewatch.errors import OutputError, SettingsError
from minewatch.model import RunResult
from minewatch.reports.sheets import sheet_fonts
from minewatch.reports.sheets.sheet_files import compile_pdf
from minewatch.reports.sheets.sheet_words import read_labels

HOSTILE = """<img src=x onerror="alert(1)"></h1><script>alert(2)</script>#panic()$"""
WORDS = "#let d = json(bytes(sys.inputs.data))\n#set text(font: d.fonts, script: {})\n#d.text"


def text_of(pdf: Path) -> str:
    """All that a PDF says, without any white space: lines break anywhere."""
    return squeezed("".join(page.extract_text() for page in PdfReader(pdf).pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


class Texts(HTMLParser):
    """Text of a page, and names of its elements."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.text, self.tags = "", list[str]()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def needs_fonts(text: str) -> None:
    """Skip, in CI fail, where no font for a text is installed."""
    try:
        sheet_fonts.choose_families(text, sheet_fonts.installed_fonts()[1])
    except SettingsError as missing:
        if os.environ.get("MINEWATCH_CI"):
            raise
        pytest.skip(f"{missing.problem}: {missing.hint}")


def figure(value: float) -> str:
    return f"{value:,.0f}"


def copied(result: RunResult, folder: Path) -> Path:
    shutil.copytree(result.directory, folder)
    return folder


def test_every_figure_of_a_sheet_is_traced_to_tables_and_scenes(
    small_run: RunResult, tmp_path: Path
) -> None:
    directory = small_run.directory
    written = export(directory, format="evidence", out=tmp_path)
    scenes = {
        item["id"] for item in json.loads((directory / "scenes.json").read_text())["features"]
    }
    sites = {row["site_id"]: row for row in small_run.read_rows("sites")}
    assert len(sites) > 1
    index = json.loads((tmp_path / "evidence/en/index.json").read_text("utf-8"))
    assert index["simulated"] is True
    assert {sheet["site_id"] for sheet in index["sheets"]} == set(sites)
    for sheet in index["sheets"]:
        for name, digest in sheet["sha256"].items():
            content = (tmp_path / "evidence/en" / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest
    for site_id, site in sites.items():
        said = text_of(tmp_path / f"evidence/en/{site_id}.pdf")
        page = squeezed(Texts(tmp_path / f"evidence/en/{site_id}.html").text)
        rows = [row for row in small_run.read_rows("inventory") if row["site_id"] == site_id]
        assert rows
        wanted = [site_id, site["first_detected"], f"{site['confidence']:.2f}"]
        for row in rows:
            wanted += [row["period_start"], row["period_end"], *row["evidence"]]
            if row["disturbed_area_m2"] is not None:
                low, high = row["pool_area_low_m2"], row["pool_area_high_m2"]
                wanted += [figure(row["disturbed_area_m2"]), f"{figure(low)}–{figure(high)}"]
                wanted += [f"{100 * row['observed_fraction']:.0f}%"]
            assert set(row["evidence"]) <= scenes
        for name in ("inventory.geojson", "sites.geojson", "scenes.json", "manifest.json"):
            wanted += [name, exporters.hash_file(directory / name)]
        wanted += [f"minewatch{small_run.manifest['version']}", "pool-banks", "SIMULATED"]
        for text in wanted:
            assert text in said, (site_id, text)
            assert text in page, (site_id, text)
    assert [path for path in written if path.suffix == ".pdf"]


def test_the_sheet_of_a_site_shows_its_months_with_what_was_expected(
    small_run: RunResult, tmp_path: Path
) -> None:
    ids = sorted(small_run.sites["site_id"])
    series = dict(months_of_sites(small_run, ids))
    assert sorted(series) == ids
    for site in ids:
        expected = gather_explanation(small_run, site).months
        pd.testing.assert_frame_equal(series[site], expected, check_freq=False)
    write_evidence(small_run, tmp_path)
    for site in ids:
        page = (tmp_path / f"evidence/en/{site}.html").read_text("utf-8")
        seen = series[site]["greenness"].notna().sum()
        assert page.count('fill="#007a59"') == seen > 0


def test_what_was_not_seen_is_said_in_table_and_pictures(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    write_evidence(simulated_run, tmp_path, sites=["simulated-aaaa"])
    assert not (tmp_path / "evidence/en/simulated-bbbb.pdf").exists()
    said = text_of(tmp_path / "evidence/en/simulated-aaaa.pdf")
    assert "notobserved" in said
    page = (tmp_path / "evidence/en/simulated-aaaa.html").read_text("utf-8")
    (row,) = re.findall(r"<tr><td>[^<]*2021-11-01 – .*?</tr>", page)
    assert row.count("<td>not seen</td>") == 5  # ground, new ground, pools, their area, water
    assert row.count("<td>0 %</td>") == 1
    assert "Themonthsofthissitearenothere" in said
    assert "“Notseen”isnot“notthere”" in said
    assert "Nobodyhasgivenaverdict" in said


def test_the_verdict_stands_beside_the_opinion_and_makes_older_sheets_stale(
    small_run: RunResult, tmp_path: Path
) -> None:
    run = copied(small_run, tmp_path / "run")
    site = str(small_run.sites["site_id"].min())
    export(run, format="evidence")
    page = run / f"export/evidence/en/{site}.pdf"
    assert "Nobodyhasgivenaverdict" in text_of(page)
    set_verdict(
        run, site, "not_mine", reason="road", note="<b>seen</b> #strong[there]",
        reviewer="Kai <k>", time=datetime(2024, 5, 1, 12, tzinfo=UTC),
    )  # fmt: skip
    assert f"export/evidence/en/{site}.pdf" in stale_products(run)
    export(run, format="evidence")
    assert not [name for name in stale_products(run) if "evidence" in name]
    for said in (text_of(page), squeezed(Texts(page.with_suffix(".html")).text)):
        for words in ("notamine", "road", "Kai<k>", "2024-05-01", "<b>seen</b>#strong[there]"):
            assert words in said
    assert "confirmed" in text_of(page) or "provisional" in text_of(page)
    assert "review/verdicts.jsonl" in text_of(page)


def test_markup_from_outside_is_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run = write_large_run(tmp_path / "run", sites=1, name=HOSTILE)
    pdf, page = (tmp_path / f"evidence/en/simulated-0000.{kind}" for kind in ("pdf", "html"))
    write_evidence(run, tmp_path)
    shown = Texts(page)
    assert HOSTILE in shown.text
    assert not {"script", "img"} & set(shown.tags)
    assert squeezed(HOSTILE) in text_of(pdf)
    index = Texts(tmp_path / "evidence/en/index.html")
    assert HOSTILE in index.text
    assert not {"script", "img"} & set(index.tags)


def test_a_run_without_sites_says_so_in_its_index(empty_run: RunResult, tmp_path: Path) -> None:
    assert write_evidence(empty_run, tmp_path)
    assert "found no site" in (tmp_path / "evidence/en/index.html").read_text("utf-8")
    assert json.loads((tmp_path / "evidence/en/index.json").read_text())["sheets"] == []


def test_a_site_that_is_not_there_and_a_language_that_is_none_are_errors(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="no site 'simulated-aaax'") as caught:
        export(simulated_run.directory, format="evidence", out=tmp_path, sites=["simulated-aaax"])
    assert "simulated-aaaa" in caught.value.hint
    with pytest.raises(SettingsError, match="language 'de'"):
        export(simulated_run.directory, format="evidence", out=tmp_path, language="de")
    with pytest.raises(SettingsError, match="profile 'public'"):
        write_evidence(simulated_run, tmp_path, profile="public")
    with pytest.raises(SettingsError, match="csv is written of the whole run"):
        export(simulated_run.directory, format="csv", out=tmp_path, sites=["simulated-aaaa"])
    assert list(tmp_path.iterdir()) == []


def test_nobody_and_no_machine_is_named_in_a_pdf(simulated_run: RunResult, tmp_path: Path) -> None:
    write_evidence(simulated_run, tmp_path)
    reader = PdfReader(tmp_path / "evidence/en/simulated-aaaa.pdf")
    about = dict(reader.metadata or {})
    assert set(about) <= {"/Title", "/Creator"}
    xmp = reader.xmp_metadata
    everything = "".join([*map(str, about.values()), xmp.stream.get_data().decode() if xmp else ""])
    assert "SIMULATED" in everything
    for name in (getpass.getuser(), socket.gethostname(), str(tmp_path)):
        assert not re.search(rf"\b{re.escape(name)}\b", everything)
    assert "Date" not in everything


def test_what_is_missing_is_named_with_what_to_install(
    simulated_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="Burmese") as caught:
        sheet_fonts.choose_families("မြေ", ["DejaVu Sans"])
    assert "fonts-noto-core" in caught.value.hint
    with pytest.raises(SettingsError, match="Chinese") as caught:
        sheet_fonts.choose_families("矿", ["DejaVu Sans", "Padauk"])
    assert "fonts-noto-cjk" in caught.value.hint
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(SettingsError, match="typst") as caught:
        write_evidence(simulated_run, tmp_path)
    assert caught.value.hint == 'pip install "minewatch[evidence]"'


def test_a_kill_in_the_middle_costs_no_finished_sheet(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    export_evidence(simulated_run.directory, out=whole)
    out = tmp_path / "cut"
    out.mkdir()
    code = (
        "import sys; from pathlib import Path; from tests.flow.killed import watch\n"
        "from minewatch.analysis.evidence_sheets import export_evidence\n"
        "watch(Path(sys.argv[2]), int(sys.argv[3]))\n"
        "export_evidence(sys.argv[1], out=sys.argv[2])\n"
    )
    kept = 0
    for fatal in (3, 9, 11, 17):
        words = [sys.executable, "-c", code, str(simulated_run.directory), str(out), str(fatal)]
        done = subprocess.run(words, check=False, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        for pdf in out.rglob("*.pdf"):
            assert pdf.read_bytes() == (whole / pdf.relative_to(out)).read_bytes()
            kept += 1
    assert kept
    finished = {p: p.stat().st_mtime_ns for p in (out / "evidence/en").glob("*-aaaa.*")}
    heard: list[str] = []
    export_evidence(simulated_run.directory, out=out, listener=lambda p: heard.append(p.detail))
    assert len(heard) < 3
    assert finished
    assert finished == {path: path.stat().st_mtime_ns for path in finished}
    names = {p.relative_to(whole) for p in whole.rglob("*") if p.is_file()}
    left = {p.relative_to(out) for p in out.rglob("*") if p.is_file()}
    assert {path for path in left if not path.name.startswith(".minewatch-part-")} == names
    for name in names:
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_a_full_disk_leaves_whole_sheets_and_says_what_to_do(
    simulated_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, calls = os.fsync, iter(range(10_000))

    def crowded(handle: int) -> None:
        if next(calls) > 9:
            raise OSError(28, os.strerror(28))
        sync(handle)

    monkeypatch.setattr(os, "fsync", crowded)
    with pytest.raises(OutputError, match="No space left") as caught:
        export_evidence(simulated_run.directory, out=tmp_path)
    assert "free some" in caught.value.hint
    finished = sorted((tmp_path / "evidence/en").glob("*.pdf"))
    assert finished
    assert all(PdfReader(path).pages for path in finished)
    assert len(finished) < len(simulated_run.sites)


def test_a_sheet_that_somebody_changed_is_not_replaced(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    export_evidence(simulated_run.directory, out=tmp_path)
    page = tmp_path / "evidence/en/simulated-aaaa.html"
    page.write_text("mine now")
    with pytest.raises(OutputError, match="was changed since"):
        export_evidence(simulated_run.directory, out=tmp_path)
    assert page.read_text() == "mine now"


def test_the_command_writes_sheets_and_names_their_index(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    words = ["export", str(simulated_run.directory), "--format", "evidence", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, [*words, "--site", "simulated-bbbb"])
    assert done.exit_code == 0, done.output
    assert "1 sheets" in done.output
    assert "index.html" in done.output.replace("\n", "")
    CliRunner().invoke(app, [*words, "--site", "simulated-cccc"])
    index = json.loads((tmp_path / "evidence/en/index.json").read_text())
    assert [of["site_id"] for of in index["sheets"]] == ["simulated-bbbb", "simulated-cccc"]


@pytest.mark.parametrize("language", ["my", "zh"])
def test_a_sheet_comes_in_each_language(
    simulated_run: RunResult, tmp_path: Path, language: str
) -> None:
    labels = read_labels(language)
    needs_fonts("".join(labels.values()))
    write_evidence(simulated_run, tmp_path, sites=["simulated-aaaa"], language=language)
    page = tmp_path / f"evidence/{language}/simulated-aaaa.html"
    shown = Texts(page).text
    said = text_of(page.with_suffix(".pdf"))
    for key in ("sheet_limits", "sheet_people_say", "state_not_observed", "simulated"):
        assert labels[key] in shown
        if language == "zh":
            assert squeezed(labels[key]) in said
    assert f'lang="{language}"' in page.read_text("utf-8")


def test_names_in_other_letters_are_shown_in_english_sheets(tmp_path: Path) -> None:
    name = "ဗုဒ္ဓ သတ္တု 稀土矿"
    needs_fonts(name)
    (tmp_path / "run").mkdir()
    run = write_large_run(tmp_path / "run", sites=1, name=name)
    write_evidence(run, tmp_path)
    pdf = tmp_path / "evidence/en/simulated-0000.pdf"
    assert "稀土矿" in text_of(pdf)
    assert [text for text in clusters(pdf.read_bytes()) if VIRAMA in text]
    assert broken_stacks(pdf.read_bytes()) == []


def test_burmese_letters_stack_and_stand_in_front_where_they_should() -> None:
    stack, front = "ဗုဒ္ဓ", "မြေ"
    needs_fonts(stack)

    def pdf(text: str, script: str) -> bytes:
        return compile_pdf(WORDS.format(script), text, {"text": text})

    assert broken_stacks(pdf(stack, "auto")) == []
    assert broken_stacks(pdf(stack, '"latn"'))  # letter by letter, as without shaping
    in_front, letter_by_letter = widths(pdf(front, "auto")), widths(pdf(front, '"latn"'))
    assert in_front[0] == letter_by_letter[-1] != letter_by_letter[0]
    assert BytesIO(pdf(front, "auto")).getvalue() == pdf(front, "auto")
