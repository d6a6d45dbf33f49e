from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from minewatch.context.people import count_by_class, distances


def around(run, offsets: list[tuple[str, float]]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The inventory in metres, and squares so far east of the site simulated-bbbb."""
    inventory = run.inventory.to_crs(run.aoi.utm_epsg)
    site = inventory[inventory["site_id"] == "simulated-bbbb"].geometry.iloc[0]
    _, south, east, north = site.bounds
    shapes = [shapely.box(east + d, south, east + d + 50, north) for _, d in offsets]
    features = gpd.GeoDataFrame(
        {"kind": [k for k, _ in offsets], "name": [f"n{n}" for n in range(len(offsets))]},
        geometry=shapes, crs=inventory.crs,
    )  # fmt: skip
    return inventory, features


def test_the_nearest_feature_and_the_shared_ground_are_known(simulated_run) -> None:
    inventory, features = around(simulated_run, [("village", 300.0), ("field", -40.0)])
    table = distances(inventory, features)
    row = table[(table["site_id"] == "simulated-bbbb") & (table["period_start"] == "2021-11-01")]
    village, field = (row[row["kind"] == k].iloc[0] for k in ("village", "field"))
    assert village["distance_m"] == pytest.approx(300, abs=0.2)
    assert village["overlap_m2"] == 0
    assert field["distance_m"] == 0
    height = features.geometry.iloc[0].bounds[3] - features.geometry.iloc[0].bounds[1]
    assert field["overlap_m2"] == pytest.approx(40 * height, rel=0.02)


def test_the_overlap_of_an_unseen_site_is_unknown(simulated_run) -> None:
    table = distances(*around(simulated_run, [("village", 300.0)]))
    unseen = table[table["state"] == "not_observed"]
    assert len(unseen) == 1
    assert np.isnan(unseen["overlap_m2"].iloc[0])


def test_counts_are_ranges_and_grow_with_distance(simulated_run) -> None:
    inventory, features = around(simulated_run, [("village", 300.0), ("village", 4000.0)])
    table = count_by_class(inventory, features, within_m=(250, 1000, 5000))
    first = table[table["period_start"] == "2021-11-01"]
    assert first["low"].tolist() == [0, 1, 2]
    assert (table["low"] <= table["high"]).all()
    assert first["not_observed"].tolist() == [1, 1, 1]
    assert (table.groupby("period_start")["high"].diff().dropna() >= 0).all()


def test_no_sites_and_no_features_give_no_rows(simulated_run, empty_run) -> None:
    inventory, features = around(simulated_run, [("village", 300.0)])
    assert distances(empty_run.inventory.to_crs(inventory.crs), features).empty
    assert distances(inventory, features.iloc[:0]).empty
    assert count_by_class(inventory, features.iloc[:0]).empty
