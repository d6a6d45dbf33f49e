"""Scenes to month cubes: grid, windowed reads, offset and scale, masks, medians."""
