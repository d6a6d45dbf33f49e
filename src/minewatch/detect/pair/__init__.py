"""What changed between two pictures, where there is no time series."""
