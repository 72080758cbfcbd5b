"""Concretize random specs of a package: random versions, variants and compilers.

    spack python scripts/generate_random_specs.py PACKAGE OUTDIR [--count N] [--seed S]

Writes each concrete spec as `NAME-VERSION-HASH.json`, in the format of Spack's `spec.json`, and
specs that could not be concretized to `failures.jsonl`, with the reason. Runs in Spack 0.21 to 1.x
without other requirements; installs nothing and changes no configuration.

The draws depend only on the seed, the package and the configured compilers. In a folder from an
earlier run with the same seed, the run is continued. Files are never overwritten.

Exit codes: 0, at least one spec was written; 1, no spec concretized; 2, wrong usage; 130,
interrupted.
"""

import argparse
import json
import os
import select
import signal
import sys
import time
from typing import Any, Dict, Iterator, List

import spack.config
import spack.error
import spack.repo
import spack.spec

# `spack python` of 0.21 runs a script without a `__file__`.
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
from random_spec_draws import Draws, draw_spec, list_variants, list_versions

DRAWN, FAILED = "drawn.jsonl", "failures.jsonl"
EXIT_NONE, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
LANGUAGES = ("c", "cxx", "fortran")
MAX_REASON_LENGTH = 4000
MAX_REDRAWS = 50
"""How often a draw is repeated if it yields a spec that was drawn before."""

Result = Dict[str, Any]
"""A concrete spec with its `document`, or a failure with its `kind` and `why`."""


def configured_compilers(package: Any) -> List[str]:
    """Return the configured compilers in spec syntax; none if the package uses no compiler."""
    try:
        from spack.compilers.config import all_compilers
    except ImportError:
        from spack.compilers import all_compiler_specs

        return sorted({str(each) for each in all_compiler_specs(init_config=False)})
    # From Spack 1.0 on a compiler is a dependency, and some packages have none.
    if not any(set(LANGUAGES) & set(names) for names in package.dependencies.values()):
        return []
    return sorted({f"{each.name}@={each.version}" for each in all_compilers(init_config=False)})


def concretize(text: str) -> Result:
    """Return name, version, hash and document of the concrete spec."""
    spec = spack.spec.Spec(text)
    try:
        from spack.concretize import concretize_one
    except ImportError:
        concrete = spec.concretized()
    else:
        concrete = concretize_one(spec)
    return {
        "name": concrete.name,
        "version": str(concrete.version),
        "hash": concrete.dag_hash(),
        "document": concrete.to_json(),
    }


def concretize_to_json(text: str) -> bytes:
    """Return the result of concretizing a spec as JSON."""
    try:
        result = concretize(text)
    except spack.error.SpackError as error:
        reason = "\n".join(filter(None, (str(error), getattr(error, "long_message", None))))
        result = {"kind": "unsatisfiable", "why": reason[:MAX_REASON_LENGTH]}
    except Exception as error:  # noqa: BLE001 - a recipe may do anything; go on with the next spec.
        reason = f"{type(error).__name__}: {error}"
        result = {"kind": "error", "why": reason[:MAX_REASON_LENGTH]}
    return json.dumps(result).encode("utf-8")


def concretize_in_child(text: str, seconds: float) -> Result:
    """Return the result of concretizing a spec in a child process, which may hang or crash.

    Args:
        text: the abstract spec.
        seconds: the time limit, after which the child is killed.

    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            with os.fdopen(writing, "wb") as file:
                file.write(concretize_to_json(text))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    try:
        return _read_result(reading, seconds)
    finally:
        os.close(reading)
        try:
            os.kill(child, signal.SIGKILL)
        finally:
            os.waitpid(child, 0)


def _read_result(reading: int, seconds: float) -> Result:
    end = time.monotonic() + seconds
    parts = []
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return {"kind": "timeout", "why": f"it took more than {seconds:g} s"}
        part = os.read(reading, 1 << 16)
        if not part:
            break
        parts.append(part)
    try:
        return dict(json.loads(b"".join(parts).decode("utf-8")))
    except ValueError:
        return {"kind": "error", "why": "the concretizer crashed"}


def write_new_file(path: str, text: str) -> bool:
    """Write a file completely or not at all, and return whether it is new.

    An existing file of this name is not changed.
    """
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # unlike a rename, fails if the file exists
        except OSError:  # it exists, or the file system has no hard links
            if os.path.exists(path):
                return False
            os.rename(temporary, path)
        return True
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def append_entry(path: str, entry: Dict[str, Any]) -> None:
    """Append a line to a journal, which may end in an incomplete line after a crash."""
    line = json.dumps(entry, sort_keys=True) + "\n"
    with open(path, "ab+") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
            line = "\n" + line
        file.write(line.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def read_entries(path: str) -> Iterator[Dict[str, Any]]:
    """Yield the entries of a journal, without incomplete lines."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


class OutputFolder:
    """The folder of the specs and journals.

    Attributes:
        path: its path.
        seed: the seed of the draws.
        done: texts of the specs that were already drawn with this seed.

    """

    def __init__(self, path: str, seed: int) -> None:
        self.path = path
        self.seed = seed
        os.makedirs(path, exist_ok=True)
        self.done = {
            entry.get("abstract")
            for name in (DRAWN, FAILED)
            for entry in read_entries(os.path.join(path, name))
            if entry.get("seed") == seed
        }

    def store(self, number: int, text: str, result: Result) -> str:
        """Store the result of a draw.

        Args:
            number: the number of the draw.
            text: the abstract spec.
            result: the result of concretizing it.

        Returns:
            `new`, `known` if the concrete spec had been written before, or the kind of failure.

        """
        entry = {"seed": self.seed, "draw": number, "abstract": text}
        if "document" not in result:
            append_entry(os.path.join(self.path, FAILED), dict(entry, **result))
            return str(result["kind"])
        name = "{name}-{version}-{hash}.json".format(**result).replace(os.sep, "_")
        is_new = write_new_file(os.path.join(self.path, name), result["document"])
        append_entry(os.path.join(self.path, DRAWN), dict(entry, file=name))
        return "new" if is_new else "known"


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    about, _, rest = str(__doc__).partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="generate_random_specs.py",
        description=about,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("package", metavar="PACKAGE")
    parser.add_argument("outdir", metavar="OUTDIR", help="created if necessary")
    parser.add_argument(
        "--count", type=int, default=10, metavar="N", help="number of specs to draw (10)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the draws (0)")
    parser.add_argument(
        "--timeout", type=float, default=300, metavar="SECONDS", help="limit for one spec (300)"
    )
    reuse = parser.add_mutually_exclusive_group()
    reuse.add_argument("--reuse", action="store_true", help="reuse installed specs if they fit")
    reuse.add_argument("--fresh", action="store_true", help="reuse no installed specs (default)")
    parser.add_argument("--deprecated", action="store_true", help="include deprecated versions")
    parser.add_argument(
        "--compiler",
        action="append",
        metavar="SPEC",
        help="draw from these compilers instead of the configured ones; may be repeated",
    )
    args = parser.parse_args()
    if args.count < 1 or not args.timeout > 0:
        parser.error("--count and --timeout must be positive")
    return args


def find_package_class(name: str) -> Any:
    """Return the class of a package; None, after printing an error, if there is none."""
    try:
        return spack.repo.PATH.get_pkg_class(name)
    except spack.error.SpackError as error:
        sys.stderr.write(f"Error: {error}\n")
        return None


def draw_and_concretize(
    args: argparse.Namespace, package: Any, folder: OutputFolder
) -> Dict[str, int]:
    """Draw specs, concretize and store them, and return the number of each outcome."""
    versions = list_versions(package, deprecated=args.deprecated)
    variants = list_variants(package)
    compilers = configured_compilers(package) if args.compiler is None else args.compiler
    seen = set()
    counts: Dict[str, int] = {}
    for number in range(args.count):
        for redraw in range(MAX_REDRAWS):
            draws = Draws(args.seed, package.name, number, redraw)
            text = draw_spec(draws, package.name, versions, variants, compilers)
            if text not in seen:
                break
        else:
            sys.stderr.write(f"There are no more than {number} different specs to draw.\n")
            break
        seen.add(text)
        if text in folder.done:
            outcome = "done before"
        else:
            outcome = folder.store(number, text, concretize_in_child(text, args.timeout))
        counts[outcome] = counts.get(outcome, 0) + 1
        sys.stderr.write(f"[{number + 1}/{args.count}] {outcome:13} {text}\n")
    return counts


def main() -> int:
    """Run the script and return the exit code."""
    args = parse_arguments()
    package = find_package_class(args.package)
    if package is None:
        return EXIT_USAGE
    spack.config.set("concretizer:reuse", args.reuse, scope="command_line")
    try:
        folder = OutputFolder(args.outdir, args.seed)
        counts = draw_and_concretize(args, package, folder)
    except OSError as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; run the same command again to continue.\n")
        return EXIT_INTERRUPTED
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    sys.stderr.write(f"{summary}; in {args.outdir}\n")
    return 0 if list(read_entries(os.path.join(args.outdir, DRAWN))) else EXIT_NONE


if __name__ == "__main__":
    sys.exit(main())
