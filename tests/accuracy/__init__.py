"""Accuracy on simulated worlds: `make accuracy`. Nothing here is a real place."""
