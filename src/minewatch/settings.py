"""Configuration, read once from the environment at the edge."""
