"""Facts about missions: one data-only profile each."""
