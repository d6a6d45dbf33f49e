"""Month cubes to evidence and outlines: arrays in, arrays and outlines out."""
