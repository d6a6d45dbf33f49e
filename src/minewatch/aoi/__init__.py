"""Areas of interest: read, repair, check, tile polygons."""
