"""See README.md in the folder above."""

import os

ROOT = os.environ["FAKE_SPACK_ROOT"]
