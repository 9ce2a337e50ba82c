"""Leaves for good."""

import os
import sys

print("goodbye from postgresql://shop:secret@db/shop", file=sys.stderr, flush=True)
os._exit(3)
