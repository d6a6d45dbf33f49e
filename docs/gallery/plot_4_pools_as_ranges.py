"""
Pools as ranges
===============

A pool of 8 to 14 m is about one pixel of 10 m, so a count is a range. A period in which a site
was not seen has no number: it is left open, not zero. Simulated: no real place.
"""

import matplotlib.pyplot as plt

import minewatch as mw

rows = mw.open_run("demo/run").inventory.dropna(subset=["pool_count_low"])
sites = list(dict.fromkeys(rows["site_id"]))

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for number, (site, of_site) in enumerate(rows.groupby("site_id")):
    years = of_site["period_end"].dt.year + 0.12 * (number - len(sites) / 2)
    low, high = (of_site[f"pool_count_{end}"].astype(float) for end in ("low", "high"))
    axes.errorbar(
        years,
        (low + high) / 2,
        (high - low) / 2,
        fmt="none",
        capsize=4,
        lw=3,
        ecolor=f"C{number}",
        label=site,
    )
axes.set_xticks(sorted(set(rows["period_end"].dt.year)))
axes.set(title="Pools of each site (simulated)", xlabel="dry season that ends in", ylabel="pools")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
