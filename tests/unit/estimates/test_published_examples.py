"""Worked examples of the papers, to the last digit that they print.

Olofsson et al. (2014), doi:10.1016/j.rse.2014.02.015, Tables 8 and 9 and section 5.2: counts and
areas as transcribed in several public code bases (for one, the OpenForis accuracy assessment); the
paper uses 1.96 and no finite population correction. Three numbers it prints contradict its own
equations and are held against the equation: the half-widths of producer's accuracy of forest gain
(printed 0.23, eq. 7: 0.25) and of stable non-forest (printed 0.01, eq. 7: 0.02).

Stehman (2014), doi:10.1080/01431161.2014.930207, Table 2 and section 3: sample and results as in
the documentation of the R package mapaccuracy and in the tests of acc_assessment. The paper prints
0.114 as standard error of producer's accuracy of B, where its Table 3 gives 0.117 (it sets one
variance of 0.1 to 0 on the way).
"""

from __future__ import annotations

import numpy as np
import pytest

from minewatch.estimates import AccuracyTable, DrawnUnits, assess_accuracy, ratio

OLOFSSON = ("deforestation", "forest gain", "stable forest", "stable non-forest")
COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS = [200_000.0, 150_000.0, 3_200_000.0, 6_450_000.0]
HA = 900_000
"""10 million pixels of 30 m."""


@pytest.fixture(scope="module")
def olofsson() -> AccuracyTable:
    mapped = np.repeat(np.repeat(np.arange(4), 4), COUNTS.ravel())
    seen = np.repeat(np.tile(np.arange(4), 4), COUNTS.ravel())
    units = DrawnUnits.of_pixels(mapped, PIXELS)
    return assess_accuracy(units, mapped, np.eye(4)[seen], classes=OLOFSSON, known=np.eye(4))


@pytest.fixture(scope="module")
def stehman() -> AccuracyTable:
    strata = "A" * 10 + "B" * 10 + "C" * 10 + "D" * 10
    mapped = "AAAAAAABBB" + "ABBBBBBBBB" + "BBCCCCCCBB" + "DDDDDDDDDD"
    seen = "AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB"

    def number(letters: str) -> np.ndarray:
        return np.array(["ABCD".index(one) for one in letters])

    units = DrawnUnits.of_pixels(number(strata), [40_000.0, 30_000.0, 20_000.0, 10_000.0])
    return assess_accuracy(units, number(mapped), np.eye(4)[number(seen)], classes="ABCD")


@pytest.mark.parametrize(
    ("name", "area", "half"),
    [
        ("deforestation", 21_158, 6_158),
        ("forest gain", 11_686, 3_756),
        ("stable forest", 285_770, 15_510),
        ("stable non-forest", 581_386, 16_282),
    ],
)
def test_areas_of_olofsson_are_those_of_the_paper(
    olofsson: AccuracyTable, name: str, area: int, half: int
) -> None:
    found = olofsson.areas[name].times(HA)
    assert round(found.value) == area
    assert 1.96 * found.standard_error == pytest.approx(half, abs=1.1)  # we correct for finiteness


@pytest.mark.parametrize(
    ("name", "users", "producers"),
    [
        ("deforestation", (0.88, 0.07), (0.75, 0.21)),
        ("forest gain", (0.73, 0.10), (0.85, 0.25)),  # printed 0.23
        ("stable forest", (0.93, 0.04), (0.93, 0.03)),
        ("stable non-forest", (0.96, 0.02), (0.96, 0.02)),  # printed 0.01
    ],
)
def test_accuracies_of_olofsson_are_those_of_the_paper(
    olofsson: AccuracyTable,
    name: str,
    users: tuple[float, float],
    producers: tuple[float, float],
) -> None:
    for found, (value, half) in (
        (olofsson.users[name], users), (olofsson.producers[name], producers)
    ):  # fmt: skip
        assert round(found.value, 2) == value
        assert round(1.96 * found.standard_error, 2) == half


def test_overall_accuracy_and_matrix_of_olofsson(olofsson: AccuracyTable) -> None:
    assert round(olofsson.overall.value, 2) == 0.95
    assert round(1.96 * olofsson.overall.standard_error, 2) == 0.02
    assert olofsson.area_shares.round(4).tolist() == [
        [0.0176, 0.0, 0.0013, 0.0011],
        [0.0, 0.0110, 0.0016, 0.0024],
        [0.0019, 0.0, 0.2967, 0.0213],
        [0.0040, 0.0020, 0.0179, 0.6212],
    ]
    assert olofsson.counts.tolist() == COUNTS.tolist()


def test_stehman_where_strata_are_no_map_classes(stehman: AccuracyTable) -> None:
    assert round(stehman.areas["A"].value, 2) == 0.35
    assert round(stehman.areas["A"].standard_error, 3) == 0.082
    assert round(stehman.areas["C"].value, 2) == 0.20
    assert round(stehman.areas["C"].standard_error, 3) == 0.064
    assert round(stehman.overall.value, 2) == 0.63
    assert round(stehman.overall.standard_error, 3) == 0.085
    assert round(stehman.users["B"].value, 3) == 0.574
    assert round(stehman.users["B"].standard_error, 3) == 0.125
    assert round(stehman.producers["B"].value, 3) == 0.794
    assert round(stehman.producers["B"].standard_error, 3) == 0.117  # printed 0.114
    assert round(stehman.area_shares[1, 2], 2) == 0.08


DIST_S1 = {
    "users": ("""
        1272 3007.368154 7327.283619
        9696 6653.484036 8916.448155
        120496 4376.849626 9031.048526
        3188 4229.849387 12762.030031
        63161 1359.849157 2064.633183
        75912 394.084318 2560.092482
        9477 4755.107052 7348.660147
        65470 5455.094828 9843.420777
        215057 1.026483 9269.846247
        385127 321.348249 1265.636641""", 26.37),
    "producers": ("""
        1272 493.910889 571.725931
        9696 7577.478711 9957.530410
        120496 708.590941 1196.766516
        3188 6174.629515 18396.358610
        63161 810.414839 1263.648065
        75912 363.463325 544.723781
        9477 1949.751660 2112.595002
        65470 851.821286 1360.547492
        385127 146.191928 243.404220""", 62.25),
}  # fmt: skip
"""Blocks in a stratum, pixels right in each on average, and pixels mapped or in the reference."""


@pytest.mark.parametrize("figure", sorted(DIST_S1))
def test_figures_of_2024_follow_from_the_strata_that_opera_prints(figure: str) -> None:
    """OPERA-Cal-Val/dist-s1-validation, DISTperformance.ipynb at 02bcc28: DIST-S1, vegetation loss
    of high magnitude, all alerts; a ratio over blocks of 10 km."""
    table, printed = DIST_S1[figure]
    blocks, right, all_of = np.array(
        [[*map(float, row.split())] for row in table.split("\n")[1:]]
    ).T
    pixels = 111_111.0  # of a block: 10 km of 30 m
    units = DrawnUnits.of_pixels(np.arange(len(blocks)), blocks * pixels)  # a mean a stratum
    found = ratio(units, right / pixels, all_of / pixels)
    assert round(100 * found.value, 2) == printed


def test_figures_of_dist_alert_follow_from_its_published_matrix() -> None:
    """OPERA-Cal-Val/DIST-Validation, Accuracy_V1.ipynb at 4b58039, `v1sample_gt50`: % of the area.

    It prints reference by map, overall 99.772, users 63.305, producers 58.729.
    """
    printed = np.array(
        [[99.59452860117457, 0.10297728007114394], [0.12484349395087783, 0.17765062480342445]]
    )
    cells = np.array([(m, r) for r in (0, 1) for m in (0, 1)])
    units = DrawnUnits.of_pixels(np.arange(4), printed.ravel() * 1e6)  # a cell a stratum
    found = assess_accuracy(units, cells[:, 0], np.eye(2)[cells[:, 1]], classes=("no loss", "loss"))
    assert round(100 * found.overall.value, 3) == 99.772
    assert round(100 * found.users["loss"].value, 3) == 63.305
    assert round(100 * found.producers["loss"].value, 3) == 58.729
