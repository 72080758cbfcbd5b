"""Concretize random specs of a package: random versions, variants and compilers.

    spack python scripts/generate_random_specs.py PACKAGE OUTDIR [--count N] [--seed S]

Writes each concrete spec as `NAME-VERSION-HASH.json`, which is what Spack keeps as `spec.json`, and
what did not concretize to `failures.jsonl`, with the reason. Runs in Spack 0.21 to 1.x and with
nothing else; installs nothing and changes no configuration.

Draws depend on the seed, the package and the configured compilers alone. In a folder that was
begun with the same seed it goes on where it ended. Nothing is ever overwritten.

Exit codes: 0 at least one spec is there; 1 none concretized; 2 wrong usage; 130 interrupted.
"""

import argparse
import json
import os
import select
import signal
import sys
import time

import spack.config
import spack.error
import spack.repo
import spack.spec

# `spack python` of 0.21 runs a script without a `__file__`.
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
from random_spec_draws import Draws, draw_spec, variants_of, versions_of

DRAWN, FAILED = "drawn.jsonl", "failures.jsonl"
EXIT_NONE, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
LANGUAGES = ("c", "cxx", "fortran")
LONGEST_REASON = 4000
TRIES = 50
"""How often a draw is repeated where it gives a spec that was drawn before."""


def configured_compilers(package):
    """The compilers of the configuration, as in specs, where the package may use one."""
    try:
        from spack.compilers.config import all_compilers
    except ImportError:
        from spack.compilers import all_compiler_specs

        return sorted({str(each) for each in all_compiler_specs(init_config=False)})
    if not any(set(LANGUAGES) & set(names) for names in package.dependencies.values()):
        return []  # From 1.0 on a compiler is a dependency, and this package has none.
    return sorted({f"{each.name}@={each.version}" for each in all_compilers(init_config=False)})


def concretize(text):
    """The concrete spec as its name, version, hash and document."""
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


def told(text):
    """What came of concretizing, as JSON: a spec, or why there is none."""
    try:
        answer = concretize(text)
    except spack.error.SpackError as error:
        reason = "\n".join(filter(None, (str(error), getattr(error, "long_message", None))))
        answer = {"kind": "unsatisfiable", "why": reason[:LONGEST_REASON]}
    except Exception as error:  # noqa: BLE001 - a recipe may do anything; the next spec is drawn.
        answer = {"kind": "error", "why": f"{type(error).__name__}: {error}"[:LONGEST_REASON]}
    return json.dumps(answer).encode("utf-8")


def attempt(text, seconds):
    """What came of concretizing in a process of its own, which can be ended and may crash."""
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
                file.write(told(text))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    try:
        return _answer(reading, seconds)
    finally:
        os.close(reading)
        try:
            os.kill(child, signal.SIGKILL)
        finally:
            os.waitpid(child, 0)


def _answer(reading, seconds):
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
        return json.loads(b"".join(parts).decode("utf-8"))
    except ValueError:
        return {"kind": "error", "why": "the concretizer crashed"}


def write_new(path, text):
    """Write a file that is there whole or not at all.

    :returns: False where there is one of that name, which stays as it is.
    """
    begun = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        with open(begun, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(begun, path)
        except OSError:  # It is there, or the file system has no hard links.
            if os.path.exists(path):
                return False
            os.rename(begun, path)
        return True
    finally:
        if os.path.exists(begun):
            os.unlink(begun)


def append(path, entry):
    """Add a line to a journal, on a line of its own whatever was cut off before."""
    line = json.dumps(entry, sort_keys=True) + "\n"
    with open(path, "ab+") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
            line = "\n" + line
        file.write(line.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def entries(path):
    """The whole lines of a journal; what a crash cut off is passed over."""
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


class Folder:
    """Where specs and journals are kept.

    :ivar done: texts of the specs that were drawn with this seed.
    """

    def __init__(self, path, seed):
        self.path = path
        self.seed = seed
        os.makedirs(path, exist_ok=True)
        self.done = {
            entry.get("abstract")
            for name in (DRAWN, FAILED)
            for entry in entries(os.path.join(path, name))
            if entry.get("seed") == seed
        }

    def keep(self, number, text, answer):
        """Keep what came of a draw.

        :returns: a word for it: new, known or the kind of failure.
        """
        entry = {"seed": self.seed, "draw": number, "abstract": text}
        if "document" not in answer:
            append(os.path.join(self.path, FAILED), dict(entry, **answer))
            return answer["kind"]
        name = "{name}-{version}-{hash}.json".format(**answer).replace(os.sep, "_")
        new = write_new(os.path.join(self.path, name), answer["document"])
        append(os.path.join(self.path, DRAWN), dict(entry, file=name))
        return "new" if new else "known"


def parsed():
    """The arguments."""
    about, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="generate_random_specs.py",
        description=about,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("package", metavar="PACKAGE")
    parser.add_argument("outdir", metavar="OUTDIR", help="made where it is not there")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="specs to draw (10)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the draws (0)")
    parser.add_argument(
        "--timeout", type=float, default=300, metavar="SECONDS", help="for one spec (300)"
    )
    reuse = parser.add_mutually_exclusive_group()
    reuse.add_argument(
        "--reuse", action="store_true", help="reuse what is installed, where that fits"
    )
    reuse.add_argument("--fresh", action="store_true", help="reuse nothing (the default)")
    parser.add_argument("--deprecated", action="store_true", help="deprecated versions too")
    parser.add_argument(
        "--compiler",
        action="append",
        metavar="SPEC",
        help="draw from these instead of those of the configuration; may be repeated",
    )
    args = parser.parse_args()
    if args.count < 1 or not args.timeout > 0:
        parser.error("--count and --timeout must be positive")
    return args


def package_class(name):
    """The class of a package; None where there is none."""
    try:
        return spack.repo.PATH.get_pkg_class(name)
    except spack.error.SpackError as error:
        sys.stderr.write(f"Error: {error}\n")
        return None


def run(args, package, folder):
    """Draw and concretize; how often each came of it."""
    versions = versions_of(package, deprecated=args.deprecated)
    variants = variants_of(package)
    compilers = configured_compilers(package) if args.compiler is None else args.compiler
    seen, counts = set(), {}
    for number in range(args.count):
        for tried in range(TRIES):
            draws = Draws(args.seed, package.name, number, tried)
            text = draw_spec(draws, package.name, versions, variants, compilers)
            if text not in seen:
                break
        else:
            sys.stderr.write(f"There are no more than {number} different specs to draw.\n")
            break
        seen.add(text)
        if text in folder.done:
            word = "done before"
        else:
            word = folder.keep(number, text, attempt(text, args.timeout))
        counts[word] = counts.get(word, 0) + 1
        sys.stderr.write(f"[{number + 1}/{args.count}] {word:13} {text}\n")
    return counts


def main():
    """Run.

    :returns: the exit code.
    """
    args = parsed()
    package = package_class(args.package)
    if package is None:
        return EXIT_USAGE
    spack.config.set("concretizer:reuse", args.reuse, scope="command_line")
    try:
        folder = Folder(args.outdir, args.seed)
        counts = run(args, package, folder)
    except OSError as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command goes on.\n")
        return EXIT_INTERRUPTED
    summary = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    sys.stderr.write(f"{summary}; in {args.outdir}\n")
    return 0 if list(entries(os.path.join(args.outdir, DRAWN))) else EXIT_NONE


if __name__ == "__main__":
    sys.exit(main())
