"""The front door: what `import minewatch` offers to notebooks and scripts."""
