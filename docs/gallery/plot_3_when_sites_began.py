"""
When sites began
================

A window, never a day: from the last clear overpass without the site to the first with it. Windows
that span the monsoon are long. Simulated: no real place.
"""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd

import minewatch as mw

run = mw.open_run("demo/run")
start = pd.Timestamp(run.manifest["parameters"]["start"])
sites = run.sites.sort_values("first_detected")
since = sites["last_undisturbed"].fillna(start)

figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
axes.barh(sites["site_id"], sites["first_detected"] - since, left=since, color="#d55e00")
for year in range(start.year, sites["first_detected"].max().year + 1):
    axes.axvspan(pd.Timestamp(year, 5, 1), pd.Timestamp(year, 10, 1), color="#0072b2", alpha=0.12)
axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(axes.xaxis.get_major_locator()))
axes.set(title="When each site began; blue: monsoon (simulated)", xlabel="date, UTC")
plt.show()
