"""AOI + period + sensor to a frozen list of scenes."""
