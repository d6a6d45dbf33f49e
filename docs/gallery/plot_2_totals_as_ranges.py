"""
Totals as ranges
================

Ground under pools in each period. The low end counts confirmed sites that were seen, the high end
provisional and unseen ones, too. Below it stands how much of the area was seen. Simulated: no real
place.
"""

import matplotlib.pyplot as plt

import minewatch as mw

totals = mw.open_run("demo/run").timeline()
low, high = (totals[f"pool_area_m2_{end}"] for end in ("low", "high"))

figure, (above, below) = plt.subplots(
    2, sharex=True, figsize=(7, 4), height_ratios=(3, 1), layout="constrained"
)
above.bar(totals["label"], high - low, bottom=low, width=0.5, color="#e69f00", label="low to high")
above.scatter(totals["label"], low, marker="_", s=900, color="#7a4b00", label="low end")
above.set(title="Pools of all sites (simulated)", ylabel="pools, m²", ylim=(0, None))
above.legend(loc="upper left")
below.bar(totals["label"], 100 * totals["observed_fraction"], width=0.5, color="#999999")
below.set(ylabel="seen, %", ylim=(0, 100))
plt.show()
