"""A finished run in the formats people work in, one file a format."""
