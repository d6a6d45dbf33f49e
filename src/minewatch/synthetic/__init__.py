"""Simulated archives with a known answer. Nothing made here is a real place."""
