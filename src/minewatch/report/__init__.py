"""Pictures and the page of a finished run."""
