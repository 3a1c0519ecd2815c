"""``python -m marsham``: the command line."""

from marsham.cli import main

main()
