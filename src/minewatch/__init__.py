"""minewatch: watch rare-earth mines from space."""
