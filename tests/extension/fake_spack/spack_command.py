"""Stands for `bin/spack`."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from spack.main import main

if __name__ == "__main__":
    sys.exit(main())
