"""Thresholds on dry-season medians: the baseline of the field, to measure others against."""
