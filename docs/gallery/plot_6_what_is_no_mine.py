"""
What is no mine
===============

What changed and was turned down is kept, with its reason. Ground by kind, and how much of it is
in how many pieces. Simulated: no real place.
"""

import matplotlib.pyplot as plt

import minewatch as mw
from minewatch.model import CHANGE_KINDS

changes = mw.open_run("demo/run").changes
by_kind = changes.groupby("kind")["area_m2"].agg(["sum", "size"]).sort_values("sum")
colours = [CHANGE_KINDS[kind].colour for kind in by_kind.index]

figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
bars = axes.barh(by_kind.index, by_kind["sum"] / 1e4, color=colours)
axes.bar_label(bars, [f"{pieces} pieces" for pieces in by_kind["size"]], padding=4)
axes.margins(x=0.15)
axes.set(title="Changed, and no mine (simulated)", xlabel="hectares")
plt.show()
