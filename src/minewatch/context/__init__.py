"""What the mines of an inventory stand beside: water, slopes, who held the ground, trade.

Pure functions on tables and arrays; `minewatch.analysis` reads and writes the files.
"""
