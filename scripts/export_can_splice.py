"""Export the `can_splice` directives of recipes as a JSON document that Specgraph loads.

    spack python scripts/export_can_splice.py [PACKAGES] [--output FILE]

Without PACKAGES, all recipes of all configured repositories are examined. The document lists every
recipe that was examined, also those without a directive: loading it replaces what an earlier export
said of them at the same site. Runs in Spack 0.23 to 1.x, without other requirements, and changes
nothing.

Exit codes: 0, written; 1, a package is unknown or a recipe could not be read; the others are
written nevertheless; 2, wrong usage.
"""

import argparse
import json
import sys
from typing import Any, Dict, List, Optional

import spack
import spack.error
import spack.repo

FILE_TYPE = "specgraph-can-splice"
VERSION = 1


def matched_variants(package: Any, when: Any, match_variants: Any) -> List[str]:
    """Return the variants that must be the same in both specs, as Spack's solver chooses them.

    The rule is that of `_gen_match_variant_splice_constraints` in `solver/asp.py` of Spack 1.1:
    variants of the recipe that `when` implies and that have a single value.
    """
    if match_variants is None:
        return []
    names = package.variant_names() if match_variants == "*" else match_variants
    found = []
    for name in names:
        definitions = package.variant_definitions(name)
        defined = any(when.satisfies(condition) for condition, _ in definitions)
        if defined and not definitions[0][1].multi:
            found.append(name)
    return sorted(found)


def describe_recipe(package: Any) -> Dict[str, Any]:
    """Return a recipe with its directives."""
    directives = [
        {
            "target": str(target),
            "when": str(when),
            "match_variants": match_variants,
            "variants": matched_variants(package, when, match_variants),
        }
        for when, (target, match_variants) in sorted(
            package.splice_specs.items(), key=lambda each: (str(each[1][0]), str(each[0]))
        )
    ]
    return {
        "namespace": package.namespace,
        "package": package.name,
        "can_splice": directives,
    }


def export(names: List[str]) -> Dict[str, Any]:
    """Return the document; recipes that cannot be read are named on standard error."""
    recipes, failed = [], 0
    for number, name in enumerate(names, 1):
        try:
            recipes.append(describe_recipe(spack.repo.PATH.get_pkg_class(name)))
        except Exception as error:  # noqa: BLE001 - a recipe is a program and may raise anything
            failed += 1
            reason = " ".join(str(error).split()) or type(error).__name__
            print(f"{name}: {reason}", file=sys.stderr)
        if sys.stderr.isatty() and (not number % 100 or number == len(names)):
            print(f"\r{number} of {len(names)} recipes", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return {
        "file-type": FILE_TYPE,
        "version": VERSION,
        "spack_version": spack.spack_version,
        "failed": failed,
        "recipes": recipes,
    }


def main(arguments: Optional[List[str]] = None) -> int:
    """Write the document and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="spack python export_can_splice.py", description="Export `can_splice` directives."
    )
    parser.add_argument("packages", nargs="*", metavar="PACKAGES", help="by default all")
    parser.add_argument("--output", metavar="FILE", help="by default standard output")
    options = parser.parse_args(arguments)
    names = options.packages or sorted(spack.repo.PATH.all_package_names())
    document = export(names)
    text = json.dumps(document, indent=1) + "\n"
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    count = sum(len(each["can_splice"]) for each in document["recipes"])
    print(f"{count} directives in {len(document['recipes'])} recipes", file=sys.stderr)
    return 1 if document["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
