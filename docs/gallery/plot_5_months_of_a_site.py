"""
Months of a site
================

The greenness of the ground inside one outline, month by month, as the run froze it. Gaps are
months without a clear overpass. Simulated: no real place.
"""

import matplotlib.pyplot as plt

import minewatch as mw

run = mw.open_run("demo/run")
largest = run.sites.sort_values("max_disturbed_area_m2").iloc[-1]
months = run.site(largest["site_id"]).months()
seen = months[["red", "nir"]].where(lambda band: band > 0)
inside = seen.rio.clip([largest.geometry], run.sites.crs, all_touched=True)
red, nir = inside["red"], inside["nir"]
ndvi = ((nir - red) / (nir + red)).median(("y", "x"))

figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
axes.plot(ndvi["time"], ndvi, marker=".", color="#009e73")
axes.axvspan(largest["last_undisturbed"], largest["first_detected"], color="#d55e00", alpha=0.4)
axes.set(title=f"{largest['site_id']}; orange: when it began (simulated)", ylabel="NDVI, 1")
axes.set_xlabel("month")
plt.show()
