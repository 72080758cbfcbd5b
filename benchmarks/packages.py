"""Package names and versions for generated graphs."""

from pathlib import Path

VERSIONS: dict[str, tuple[str, ...]] = {
    "xz": ("5.4.6", "5.6.3", "5.4.7", "5.2.5", "5.6.2", "5.2.10", "5.4.1", "5.2.4"),
    "mpich": ("3.4.3", "4.2.3", "4.3.2", "4.1.2", "3.4.2", "4.2.2", "4.0.3", "3.4.1", "3.3.2"),
    "openmpi": ("4.1.8", "5.0.8", "4.1.7", "5.0.5", "4.1.6", "4.0.7", "3.1.6"),
    "mvapich2": ("2.3.7-1", "2.3.7", "2.3.6", "2.3.5", "2.3.4"),
    "cray-mpich": ("8.1.30", "8.1.28", "8.1.25", "9.0.1"),
    "python": ("3.11.9", "3.12.9", "3.10.14", "3.13.5", "3.9.19", "3.8.20", "3.11.7", "3.12.5"),
    "hdf5": ("1.14.6", "1.14.5", "1.12.3", "1.10.11", "1.14.3", "1.12.2", "1.10.9"),
    "zlib": ("1.3.1", "1.2.13", "1.3", "1.2.12", "1.2.11"),
    "zlib-ng": ("2.2.4", "2.2.1", "2.1.6", "2.0.7"),
    "openssl": ("3.4.1", "3.3.2", "3.0.15", "1.1.1w", "3.1.7"),
    "curl": ("8.15.0", "8.11.1", "8.10.1", "8.7.1", "8.4.0"),
    "libxml2": ("2.13.5", "2.13.4", "2.10.3", "2.11.9", "2.9.13"),
    "cmake": ("3.31.9", "3.30.5", "3.27.9", "3.26.5", "3.24.4"),
    "gmake": ("4.4.1", "4.3", "4.2.1"),
    "perl": ("5.42.0", "5.40.0", "5.38.2", "5.36.0"),
    "openblas": ("0.3.30", "0.3.28", "0.3.26", "0.3.23", "0.3.21"),
    "fftw": ("3.3.10", "3.3.9", "3.3.8"),
    "ncurses": ("6.5-20250705", "6.5", "6.4", "6.3"),
    "readline": ("8.3", "8.2", "8.1"),
    "sqlite": ("3.50.4", "3.46.0", "3.43.2", "3.40.1"),
    "zstd": ("1.5.7", "1.5.6", "1.5.5", "1.5.2"),
    "hwloc": ("2.12.2", "2.11.1", "2.9.3", "2.9.1"),
    "libfabric": ("2.3.1", "1.22.0", "1.20.1", "1.18.0"),
    "petsc": ("3.24.1", "3.21.6", "3.20.4", "3.19.2"),
    "netcdf-c": ("4.9.3", "4.9.2", "4.8.1", "4.7.4"),
    "py-numpy": ("2.3.4", "1.26.4", "2.1.2", "1.24.4", "1.23.5"),
}
"""Versions of packages, the most popular first; `plausible_versions` returns those of others."""

BACKDOORED_XZ = ("5.6.1", "5.6.0", "5.6.1")
BACKDOOR_SHARE = 0.19
"""Share of environments with an xz of `BACKDOORED_XZ`; some roots do not depend on xz."""

PINNED = ("mpich", "openmpi", "mvapich2", "python")
"""Packages whose version is chosen by all environments."""

ROOT_NAMES: tuple[str, ...] = tuple(
    Path(__file__).with_name("root_names.txt").read_text("utf-8").split()
)
"""Names of further root packages, which do not occur in the templates."""

FLAGS = (["-O2"], ["-O3"], ["-O2", "-g"], ["-O3", "-march=native"], ["-Os"], ["-fPIC"])


def plausible_versions(version: str) -> tuple[str, ...]:
    """Return up to eight versions near one, itself first, with other last numbers."""
    head, dot, last = version.rpartition(".")
    if not last.isdigit():
        return (version, f"{version}.1", f"{version}.2")
    number = int(last)
    near = [number + step for step in (0, -1, 1, -2, 2, 3) if number + step >= 0]
    found = [f"{head}{dot}{each:0{len(last)}d}" for each in near]
    before, point, middle = head.rpartition(".")
    if middle.isdigit() and int(middle) > 0:
        found += [f"{before}{point}{int(middle) - 1}.{each}" for each in (0, 2)]
    return tuple(dict.fromkeys(found))


def versions_of(name: str, version: str) -> tuple[str, ...]:
    """Return the versions in which a package is generated, the most popular first."""
    return VERSIONS.get(name) or plausible_versions(version)
