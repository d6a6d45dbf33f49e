"""`detect_pair` on small simulated pictures: what is found, what is labelled, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import xarray as xr

from minewatch.detect.endmembers import DEFAULT_LIBRARY
from minewatch.detect.pair.two_dates import COLUMNS, detect_pair
from minewatch.errors import ContractError, SettingsError
from minewatch.model import CHANGE_KINDS, CORE_BANDS, REFLECTANCE_BANDS

FOREST = (0.017, 0.038, 0.018, 0.286, 0.149, 0.061)
BARE = (0.142, 0.202, 0.244, 0.322, 0.340, 0.222)
POOL = (0.095, 0.155, 0.133, 0.080, 0.040, 0.020)
SCRUB = (0.035, 0.070, 0.060, 0.230, 0.250, 0.130)
RIVER = (0.060, 0.083, 0.078, 0.046, 0.010, 0.008)
CLOUD = (0.300, 0.290, 0.285, 0.390, 0.320, 0.250)
DIM = (0.010, 0.014, 0.008, 0.060, 0.030, 0.012)
LEACH = next(e.spectrum for e in DEFAULT_LIBRARY.endmembers if e.name == "leach_water")


def _picture(*places, ground=FOREST, size=60, seed=0, used=REFLECTANCE_BANDS) -> xr.Dataset:
    """Simulated ground with `(rows, columns, spectrum)` painted in, and noise by `seed`."""
    rng = np.random.default_rng(seed)
    values = np.empty((size, size, 6))
    values[:] = ground
    for rows, cols, spectrum in places:
        values[rows, cols] = spectrum
    values = values * rng.normal(1, 0.04, values.shape) + rng.normal(0, 0.001, values.shape)
    values = np.maximum(values, 0.001).astype("float32")
    coords = {"y": 2_900_000 - 10.0 * np.arange(size), "x": 500_000 + 10.0 * np.arange(size)}
    data = {b: (("y", "x"), values[..., REFLECTANCE_BANDS.index(b)]) for b in used}
    return xr.Dataset(data, coords=coords)


def _mine(row=20, col=20) -> list:
    """A pad of 0.48 ha with a bank of four pools."""
    pools = [(row + 2, col + 1 + 2 * k, POOL) for k in range(4)]
    return [(slice(row, row + 6), slice(col, col + 8), BARE), *pools]


def _kinds(found) -> dict[str, int]:
    return found["kind"].value_counts().to_dict()


BEFORE = _picture()


def test_a_new_mine_in_forest_is_one_site_with_its_outline() -> None:
    found = detect_pair(BEFORE, _picture(*_mine(), seed=1))
    assert tuple(found.columns) == (*COLUMNS, "geometry")
    [site] = found[found["kind"] == "site"].itertuples()
    truth = shapely.box(500_195, 2_899_745, 500_275, 2_899_805)
    assert site.geometry.symmetric_difference(truth).area < 0.1 * truth.area
    assert site.area_m2 == pytest.approx(4_800, rel=0.1)
    assert site.confidence > 0.7


def test_pads_and_pools_of_a_site_are_separate_rows() -> None:
    wide = [(slice(22, 24), slice(21, 27), LEACH)]
    found = detect_pair(BEFORE, _picture(*_mine()[:1], *wide, seed=1))
    pool, pad = (found[found["kind"] == kind] for kind in ("pool", "pad"))
    assert pool["area_m2"].sum() == pytest.approx(1_200, rel=0.25)
    assert pad["area_m2"].sum() == pytest.approx(3_600, rel=0.1)
    assert found["kind"].iloc[0] == "site"


def test_without_swir_the_mine_is_found_all_the_same() -> None:
    before = _picture(used=CORE_BANDS)
    found = detect_pair(before, _picture(*_mine(), seed=1, used=CORE_BANDS))
    assert _kinds(found)["site"] == 1


def test_identical_pictures_show_nothing() -> None:
    found = detect_pair(BEFORE, BEFORE)
    assert len(found) == 0
    assert tuple(found.columns) == (*COLUMNS, "geometry")


def test_a_mine_that_was_there_before_is_not_found_again() -> None:
    before, after = (_picture(*_mine(), seed=s) for s in (0, 1))
    assert len(detect_pair(before, after)) == 0


def test_swapped_pictures_show_regrowth_and_so_nothing() -> None:
    assert len(detect_pair(_picture(*_mine(), seed=1), BEFORE)) == 0


def test_a_mine_that_grew_is_a_site_of_the_new_ground_alone() -> None:
    grown = [*_mine(), (slice(26, 34), slice(20, 28), BARE)]
    found = detect_pair(_picture(*_mine()), _picture(*grown, seed=1))
    [site] = found[found["kind"] == "site"].itertuples()
    assert site.area_m2 == pytest.approx(6_400, rel=0.1)


@pytest.mark.parametrize("which", ["before", "after"])
def test_haze_over_one_picture_changes_little(which) -> None:
    before, after = BEFORE, _picture(*_mine(), seed=1)
    haze = dict(zip(REFLECTANCE_BANDS, (0.035, 0.028, 0.022, 0.01, 0.0, 0.0), strict=True))
    clear = detect_pair(before, after)
    if which == "before":
        before = before.map(lambda v: v + haze[v.name])
    else:
        after = after.map(lambda v: v + haze[v.name])
    hazy = detect_pair(before, after)
    assert _kinds(hazy)["site"] == _kinds(clear)["site"] == 1
    assert hazy["area_m2"].iloc[0] == pytest.approx(clear["area_m2"].iloc[0], rel=0.1)


def test_haze_alone_is_no_change() -> None:
    haze = dict(zip(REFLECTANCE_BANDS, (0.058, 0.056, 0.055, 0.01, 0.0, 0.0), strict=True))
    hazy = _picture(seed=1).map(lambda v: v + haze[v.name])
    assert len(detect_pair(BEFORE, hazy)) == 0


def test_two_pads_with_a_row_of_trees_between_are_one_site() -> None:
    pads = [(slice(20, 26), slice(20, 25), BARE), (slice(20, 26), slice(26, 31), BARE)]
    assert _kinds(detect_pair(BEFORE, _picture(*pads, seed=1)))["site"] == 1


@pytest.mark.parametrize(("hidden", "kind"), [(1, "site"), (6, "cloud_residue")])
def test_a_patch_in_a_gap_of_the_clouds_counts_for_little(hidden, kind) -> None:
    after = _picture(*_mine()[:1], seed=1)
    for row in range(hidden):
        after["green"][(19, 26, 18, 27, 17, 28)[row]] = np.nan
    assert kind in _kinds(detect_pair(BEFORE, after))


def test_zeros_are_not_seen_and_so_not_changed() -> None:
    before = _picture()
    before["red"][15:30] = 0.0
    assert len(detect_pair(before, _picture(*_mine(), seed=1))) == 0


def test_a_shift_by_a_pixel_makes_no_site_of_an_old_mine() -> None:
    found = detect_pair(_picture(*_mine()), _picture(*_mine(21, 21), seed=1))
    assert "site" not in _kinds(found)


def test_missing_data_hides_what_it_hides_and_no_more() -> None:
    after = _picture(*_mine(), *_mine(45, 40), seed=1)
    after["red"][40:, :] = np.nan
    after["nir"][:5] = 0.0
    found = detect_pair(BEFORE, after)
    assert _kinds(found)["site"] == 1
    assert found.total_bounds[1] > 2_900_000 - 400


def test_nothing_seen_is_nothing_found() -> None:
    assert len(detect_pair(BEFORE, BEFORE * np.nan)) == 0


CONFUSERS = {
    "cloud_residue": ([], [(slice(10, 25), slice(10, 25), CLOUD)]),
    "shadow": ([], [(slice(10, 25), slice(10, 25), (*DIM[:3], 0.022, 0.01, 0.005))]),
    "river_bar": (
        [(slice(0, 60), slice(20, 30), RIVER)],
        [(slice(0, 60), slice(20, 26), RIVER), (slice(0, 60), slice(30, 34), BARE)],
    ),
    "flood": (
        [(slice(0, 60), slice(20, 30), RIVER)],
        [(slice(0, 60), slice(20, 34), (0.070, 0.115, 0.105, 0.060, 0.01, 0.008))],
    ),
    "road": ([], [(slice(30, 32), slice(2, 58), BARE)]),
    "snow": ([], [(slice(10, 25), slice(10, 25), (0.80, 0.80, 0.79, 0.72, 0.10, 0.09))]),
}


@pytest.mark.parametrize("kind", CONFUSERS)
def test_confusers_are_labelled_and_stay_unlikely_not_dropped(kind) -> None:
    before, after = CONFUSERS[kind]
    found = detect_pair(_picture(*before), _picture(*after, seed=1))
    assert set(found["kind"]) == {kind}
    assert kind in CHANGE_KINDS
    assert found["confidence"].max() <= 0.1
    assert found["reason"].str.len().min() > 10


def test_scrub_that_thins_is_another_clearing() -> None:
    thinned = (0.055, 0.085, 0.095, 0.235, 0.310, 0.200)
    before = _picture((slice(20, 30), slice(20, 30), (0.030, 0.060, 0.045, 0.230, 0.2, 0.1)))
    found = detect_pair(before, _picture((slice(20, 30), slice(20, 30), thinned), seed=1))
    assert _kinds(found) == {"other_clearing": 1}


def test_the_rim_of_a_large_old_opening_is_another_clearing() -> None:
    before = _picture((slice(0, 60), slice(0, 40), BARE))
    after = _picture(
        (slice(0, 60), slice(0, 40), BARE), (slice(25, 31), slice(40, 44), BARE), seed=1
    )
    assert _kinds(detect_pair(before, after)) == {"other_clearing": 1}


def test_patches_below_a_tenth_of_a_hectare_are_left_out() -> None:
    small = _picture((slice(20, 23), slice(20, 23), BARE), seed=1)
    assert len(detect_pair(BEFORE, small)) == 0


def test_coarse_pixels_need_as_many_pixels_as_fine_ones() -> None:
    before, after = BEFORE.drop_vars(("x", "y")), _picture((20, 20, BARE), seed=1)
    assert len(detect_pair(before, after.drop_vars(("x", "y")), resolution_m=120)) == 0


def test_the_order_of_bands_and_dims_does_not_matter() -> None:
    after = _picture(*_mine(), seed=1)
    turned = after[list(reversed(REFLECTANCE_BANDS))].transpose("x", "y")
    first, second = detect_pair(BEFORE, after), detect_pair(BEFORE, turned)
    assert first.to_json() == second.to_json()


def test_the_crs_of_the_first_picture_is_kept() -> None:
    after = _picture(*_mine(), seed=1)
    assert detect_pair(BEFORE, after).crs is None
    tagged = BEFORE.assign_coords(spatial_ref=((), 0, {"crs_wkt": "EPSG:32647"}))
    assert detect_pair(tagged, after).crs.to_epsg() == 32647


def test_a_resolution_stands_in_for_coordinates() -> None:
    before, after = (p.drop_vars(("x", "y")) for p in (BEFORE, _picture(*_mine(), seed=1)))
    found = detect_pair(before, after, resolution_m=10)
    assert found["area_m2"].iloc[0] == pytest.approx(4_800, rel=0.1)


def _finer(picture: xr.Dataset) -> xr.Dataset:
    """The same ground in pixels of 5 m."""
    fine = {b: (("y", "x"), np.kron(v.to_numpy(), np.ones((2, 2)))) for b, v in picture.items()}
    return xr.Dataset(fine).astype("float32")


def test_reach_is_in_metres_so_finer_pixels_of_the_same_ground_say_the_same() -> None:
    pads = [(slice(20, 26), slice(20, 25), BARE), (slice(20, 26), slice(27, 32), BARE)]
    cases = {
        "two pads over a gap of 20 m": (BEFORE, _picture(*pads, seed=1)),
        "a shift by 10 m": (_picture(*_mine()), _picture(*_mine(21, 21), seed=1)),
        "a road": (BEFORE, _picture(*CONFUSERS["road"][1], seed=1)),
    }
    for what, pair in cases.items():
        as_is, finer = (
            detect_pair(*(change(p.drop_vars(("x", "y"))) for p in pair), resolution_m=pixel_m)
            for change, pixel_m in ((lambda p: p, 10), (_finer, 5))
        )
        patches = [t[~t["kind"].isin(["pad", "pool"])] for t in (as_is, finer)]
        assert patches[0]["kind"].tolist() == patches[1]["kind"].tolist(), what
        assert patches[0]["area_m2"].tolist() == pytest.approx(patches[1]["area_m2"].tolist()), what


def test_thresholds_can_be_replaced_and_unknown_ones_are_refused() -> None:
    after = _picture(*_mine(), seed=1)
    assert _kinds(detect_pair(BEFORE, after))["site"] == 1
    larger = {"kinds": {"min_site_m2": 6_000}}
    assert len(detect_pair(BEFORE, after, rules=larger)) == 0
    with pytest.raises(SettingsError, match=r"pair\.kinds\.min_site'") as caught:
        detect_pair(BEFORE, after, rules={"kinds": {"min_site": 1}})
    assert "min_site_m2" in caught.value.hint


REFUSED = {
    "reflectance x 10,000": (BEFORE * 10_000, "median of", "divide by 10000"),
    "a missing band": (BEFORE.drop_vars("nir"), "'nir' is missing", "needs blue"),
    "another shape": (
        BEFORE.isel(x=slice(0, 50)),
        r"shape \(60, 60\), after has \(60, 50\)",
        "grid",
    ),
    "another place": (BEFORE.assign_coords(x=BEFORE.x + 30), "x = 500000.0", "one grid"),
    "a time axis": (BEFORE.expand_dims(time=2), "dims", "one picture"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_compared_is_refused_with_the_mend(what) -> None:
    after, problem, mend = REFUSED[what]
    with pytest.raises(ContractError, match=problem) as caught:
        detect_pair(BEFORE, after)
    assert mend in caught.value.hint


def test_degrees_are_refused() -> None:
    lonlat = BEFORE.assign_coords(x=98 + BEFORE.x * 1e-6, y=26 - BEFORE.y * 1e-6)
    with pytest.raises(ContractError, match="not in metres"):
        detect_pair(lonlat, lonlat)


def test_uneven_coordinates_are_refused() -> None:
    uneven = BEFORE.assign_coords(x=np.sort(np.random.default_rng(0).uniform(5e5, 6e5, 60)))
    with pytest.raises(ContractError, match="evenly"):
        detect_pair(uneven, uneven)


def test_neither_coordinates_nor_resolution_is_refused() -> None:
    bare = BEFORE.drop_vars(("x", "y"))
    with pytest.raises(ContractError, match="no coordinates"):
        detect_pair(bare, bare)


PITS = (0.030, 0.045, 0.040, 0.110, 0.160, 0.080)
PASTURE = (0.035, 0.070, 0.050, 0.290, 0.230, 0.115)
DRY_PASTURE = (0.055, 0.090, 0.105, 0.260, 0.280, 0.170)
DRYING_PASTURE = (0.045, 0.080, 0.075, 0.270, 0.260, 0.150)
FIELD = (0.045, 0.075, 0.080, 0.250, 0.230, 0.140)
VEIL = (0.050, 0.048, 0.046, 0.030, 0.020, 0.015)
WHITE = (0.180, 0.172, 0.165, 0.090, 0.110, 0.130)


def _lit(picture: xr.Dataset, light, rows=slice(None), cols=slice(None)) -> xr.Dataset:
    """The picture with simulated light of haze or cloud added to a part of it."""
    lit = picture.copy(deep=True)
    for band, more in zip(REFLECTANCE_BANDS, light, strict=True):
        lit[band][rows, cols] += more
    return lit


def test_a_mine_is_found_under_a_veil_over_half_of_the_picture_before() -> None:
    veiled = _lit(_picture(size=80), VEIL, cols=slice(30))
    found = detect_pair(veiled, _picture(*_mine(col=8), size=80, seed=1))
    assert _kinds(found)["site"] == 1


def test_a_cloud_that_touches_a_mine_is_told_apart_from_it() -> None:
    after = _lit(_picture(*_mine(), seed=1), WHITE, slice(24, 50), slice(26, 50))
    found = detect_pair(BEFORE, after)
    assert _kinds(found)["site"] == 1
    site = found[found["kind"] == "site"].geometry.iloc[0]
    assert site.area < 4_800
    assert "cloud_residue" in set(found["kind"])


@pytest.mark.parametrize(("pits", "kind"), [(False, "road"), (True, "site")])
def test_a_strip_of_one_material_is_a_road_and_one_of_pits_is_not(pits: bool, kind: str) -> None:
    strip = [(slice(5, 55), slice(30, 33), BARE)]
    holes = [(slice(row, row + 2), slice(30, 33), PITS) for row in range(6, 54, 5)]
    found = detect_pair(BEFORE, _picture(*strip, *(holes if pits else []), seed=1))
    assert found["kind"].iloc[0] == kind


def test_a_pasture_that_dried_with_all_pastures_round_it_is_no_site() -> None:
    dried = _picture((slice(20, 36), slice(20, 36), DRY_PASTURE), ground=DRYING_PASTURE, seed=1)
    found = detect_pair(_picture(ground=PASTURE), dried)
    assert len(found) > 0
    assert "site" not in set(found["kind"])


def test_forest_that_became_a_field_nearly_everywhere_is_not_taken_for_haze() -> None:
    forest = [(slice(0, 12), slice(None), FOREST)]
    found = detect_pair(BEFORE, _picture(*forest, ground=FIELD, seed=1))
    lost = found[found["kind"] != "pool"]["geometry"].union_all().area
    assert lost > 0.9 * 48 * 60 * 100


def test_ground_that_had_half_grown_over_and_was_opened_again_counts_as_new() -> None:
    young = (0.025, 0.050, 0.040, 0.230, 0.170, 0.080)
    old = [(slice(26, 34), slice(20, 30), BARE)]
    regrown = [(slice(16, 26), slice(20, 30), young), (slice(16, 18), slice(20, 26), FOREST)]
    opened = [(slice(16, 26), slice(20, 30), BARE)]
    found = detect_pair(_picture(*old, *regrown), _picture(*old, *opened, seed=1))
    assert _kinds(found)["site"] == 1
