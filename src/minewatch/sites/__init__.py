"""Patches to sites with an identity through time, states and an inventory."""
