"""The evidence sheet of a site, as a page and as a PDF, from one set of values."""
