"""How addresses of known catalogues are opened, without a secret in them."""

from __future__ import annotations

import pytest

from minewatch.errors import CatalogError, SettingsError
from minewatch.sensors import CATALOGS, catalog_of, gdal_options, gdal_path, get_catalog, get_sensor

PC = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/47/R/MJ/B02_10m.tif"


def test_planetary_computer_is_signed_by_gdal_at_read_time() -> None:
    path = gdal_path(PC)
    assert path.startswith("/vsicurl?pc_url_signing=yes&pc_collection=sentinel-2-l2a&url=https%3A")
    assert "sig=" not in path


def test_cdse_is_read_over_s3_with_its_own_endpoint() -> None:
    href = "s3://eodata/Sentinel-2/MSI/L2A/B02_10m.jp2"
    assert gdal_path(href) == "/vsis3/eodata/Sentinel-2/MSI/L2A/B02_10m.jp2"
    assert gdal_options(href)["AWS_VIRTUAL_HOSTING"] == "FALSE"


def test_keys_of_one_catalogue_do_not_reach_another_host() -> None:
    for href in ("s3://sentinel-s2-l2a/a.jp2", "https://sentinel-cogs.s3.amazonaws.com/a.tif"):
        assert gdal_options(href) == {}
        assert catalog_of(href) is None


def test_a_host_that_only_looks_like_a_known_one_is_not_signed_for() -> None:
    assert gdal_path("https://sentinel2l2a01.blob.core.windows.net.evil.example/a.tif").startswith(
        "/vsicurl/https://"
    )


def test_paths_stay_paths() -> None:
    assert gdal_path("/data/a b/B02.tif") == "/data/a b/B02.tif"


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(CatalogError, match=r"'earthsearch'; known: cdse, earth-search"):
        get_catalog("earthsearch")
    with pytest.raises(SettingsError, match=r"'spot'; known: geotiff-folder, .*sentinel-2-l2a"):
        get_sensor("spot")


def test_every_known_catalogue_is_reached_over_https() -> None:
    assert {c.url.partition(":")[0] for c in CATALOGS.values()} == {"https"}
    assert all(name == c.name for name, c in CATALOGS.items())
