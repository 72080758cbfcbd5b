import os

import spack


def get_stage_root():
    return os.path.join(spack.ROOT, "stage")
