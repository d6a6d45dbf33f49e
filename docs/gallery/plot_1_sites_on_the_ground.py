"""
Sites on the ground
===================

Outlines in the colour of their state, over natural colour of the last period. Simulated: no real
place.
"""

import matplotlib.pyplot as plt
from matplotlib.patches import Patch

import minewatch as mw
from minewatch.model.palette import STATE_COLOURS

run = mw.open_run("demo/run")
ground = run.raster("rgb_after")
sites = run.sites.to_crs(ground.rio.crs)

figure, axes = plt.subplots(figsize=(6, 6), layout="constrained")
ground.plot.imshow(rgb="band", ax=axes)
sites.boundary.plot(ax=axes, color=sites["state"].map(STATE_COLOURS), linewidth=2)
shown = {state: colour for state, colour in STATE_COLOURS.items() if state in set(sites["state"])}
axes.legend(handles=[Patch(color=colour, label=state) for state, colour in shown.items()])
axes.set(title="Sites by state (simulated)", xlabel="easting, m", ylabel="northing, m", aspect=1)
axes.ticklabel_format(style="plain", useOffset=False)
plt.show()
