"""Addresses are absolute and unsigned, in every place where an item can hide one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minewatch.catalog import canonical_href
from minewatch.catalog.hrefs import clean_item

CANARY = "cAnArY0123456789"
SAS = f"sv=2021&st=2026-01-01&se=2026-01-02&sr=c&sp=rl&skoid=a&sktid=b&sig={CANARY}"


@pytest.mark.parametrize(
    ("href", "base", "canonical"),
    [
        ("./B02.tif", "https://h/c/items/a/a.json", "https://h/c/items/a/B02.tif"),
        ("../B02.tif", "/data/items/a.json", "/data/B02.tif"),
        ("B02.tif", "s3://bucket/items/a.json", "s3://bucket/items/B02.tif"),
        ("B02.tif", "https://h", "https://h/B02.tif"),
        ("B02.tif", "file:///data/a%20b/a.json", "/data/a b/B02.tif"),
        ("B02.tif", f"https://u:{CANARY}@h/c/a.json?{SAS}", "https://h/c/B02.tif"),
        ("B%2002.tif", "file:///data/a.json", "/data/B 02.tif"),
        (f"B02.tif?{SAS}", "https://h/c/a.json", "https://h/c/B02.tif"),
        (f"B02.tif?sig={CANARY}", "https://h/c/a.json", "https://h/c/B02.tif"),
        ("B02.tif?versionId=3", "https://h/c/a.json", "https://h/c/B02.tif"),
        ("B02.tif#frag", "https://h/c/a.json", "https://h/c/B02.tif"),
        ("a/../B02.tif", "https://h/c/a.json", "https://h/c/B02.tif"),
        ("..", "https://h/c/a/a.json", "https://h/c/"),
        (".", "https://h/c/a/a.json", "https://h/c/a/"),
        ("urn:B02.tif", "https://h/c/a.json", "urn:B02.tif"),
        ("./B02.tif", "", "./B02.tif"),
        ("/data/B02.tif", "/elsewhere/a.json", "/data/B02.tif"),
        ("file:///data/a%20b/B02.tif", "", "/data/a b/B02.tif"),
        ("s3://eodata/B02.jp2", "https://h/a.json", "s3://eodata/B02.jp2"),
        ("/vsis3/eodata/B02.jp2", "", "s3://eodata/B02.jp2"),
        ("/vsicurl/https://h/B02.tif", "", "https://h/B02.tif"),
        ("/vsicurl?pc_url_signing=yes&url=https%3A%2F%2Fh%2FB02.tif", "", "https://h/B02.tif"),
        (f"https://h/B02.tif?{SAS}", "", "https://h/B02.tif"),
        (f"https://h/B02.tif?X-Amz-Signature={CANARY}&X-Amz-Date=1", "", "https://h/B02.tif"),
        (f"https://h/B02.tif?versionId=3&token={CANARY}", "", "https://h/B02.tif"),
        (f"https://{CANARY}@h/B02.tif", "", "https://h/B02.tif"),
        (f"https://u:{CANARY}@a/{CANARY}@h.org/a@2.tif", "", "https://2.tif"),
        ("https://h.org/a@2/B02.tif", "", "https://h.org/a@2/B02.tif"),
        (f"https://user:{CANARY}@h:8080/B02.tif", "", "https://h:8080/B02.tif"),
        ("https://h/B02.tif?a=%20b", "", "https://h/B02.tif"),
        ("https://h/B02.tif#frag", "", "https://h/B02.tif"),
    ],
)
def test_one_file_has_one_address(href: str, base: str, canonical: str) -> None:
    assert canonical_href(href, base=base) == canonical
    assert canonical_href(canonical) == canonical


def test_no_secret_stays_anywhere_in_an_item() -> None:
    signed = f"https://h/B02.tif?{SAS}"
    item: dict[str, Any] = {
        "type": "Feature",
        "id": "a",
        "properties": {
            "datetime": "2023-01-05T00:00:00Z",
            "preview": signed,
            "nested": [{"deep": [signed]}],
            "msft:token": CANARY,
            "headers": {"Authorization": f"Bearer {CANARY}"},
            "note": f"fetched with token={CANARY}",
        },
        "links": [{"rel": "self", "href": signed}],
        "assets": {
            "blue": {
                "href": signed,
                "alternate": {"s3": {"href": signed}},
                "file:source": signed,
            },
            "thumbnail": {"href": signed},
        },
    }
    clean = clean_item(item, base="", assets=frozenset({"blue"}))
    assert CANARY not in json.dumps(clean)
    assert clean["properties"]["preview"] == "https://h/B02.tif"
    assert item["properties"]["preview"] == signed, "the catalogue's own item is not changed"


def test_ordinary_properties_survive_whatever_their_names() -> None:
    properties = {
        "st": "x", "se": 1, "sv": [1], "expires": "2027-01-01T00:00:00Z",
        "description": "the spectrum, se=lected", "grid:code": "MGRS-47RMJ",
    }  # fmt: skip
    clean = clean_item({"properties": properties, "assets": {}}, base="", assets=frozenset())
    assert clean["properties"] == properties


def test_numbers_that_json_cannot_hold_become_null() -> None:
    clean = clean_item(
        {"properties": {"a": float("nan"), "b": [float("inf")]}, "assets": {}},
        base="",
        assets=frozenset(),
    )
    assert clean["properties"] == {"a": None, "b": [None]}


@pytest.mark.parametrize("name", ["a b#2.tif", "B?04.tif", "50%25.tif", "%41.tif", "မြန်.tif"])
def test_a_local_path_is_taken_as_it_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    base = str(tmp_path / "item.json")
    assert canonical_href(name, base=base) == str(tmp_path / name)
    assert canonical_href(f"./{name}", base=base) == str(tmp_path / name)


def test_a_local_path_is_decoded_where_only_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "IMG DATA #2").mkdir()
    (tmp_path / "IMG DATA #2" / "B04.tif").touch()
    base = str(tmp_path / "items" / "item.json")
    expected = str(tmp_path / "IMG DATA #2" / "B04.tif")
    assert canonical_href("../IMG%20DATA%20%232/B04.tif", base=base) == expected
    assert canonical_href("../not%20there.tif", base=base) == str(tmp_path / "not%20there.tif")
