"""Run the command line with `python -m minewatch`."""

from minewatch.cli import main

main()
