"""A program that tells its priority, and what it was told."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    print(os.nice(0), *sys.argv[1:])
