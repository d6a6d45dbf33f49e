"""Banks of pools on ground that lost its vegetation, each pixel against its own past."""
