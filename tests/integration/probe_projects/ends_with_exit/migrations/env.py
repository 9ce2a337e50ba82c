"""Leaves as a script would."""

import sys

sys.exit("the settings are incomplete: postgresql://shop:secret@db/shop")
