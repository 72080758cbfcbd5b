"""The shapes of requests and answers about programs, libraries and their symbols."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import (
    MAX_LIMIT,
    FactsArguments,
    FactsSchema,
    LabelSchema,
    PagingArguments,
    described,
    page_of,
)


class LibraryArguments(FactsArguments, PagingArguments):
    """Which programs and libraries; at least one of `soname`, `needs` and `spec` is given."""

    soname = fields.String(
        load_default=None,
        **described("With this SONAME, file name or end of a path: `libmpi.so.40`."),
    )
    needs = fields.String(
        load_default=None, **described("That need a library of this name, as their NEEDED has it.")
    )
    spec = fields.String(
        load_default=None, **described("Of this spec: a hash, or a spec that only one satisfies.")
    )
    site = fields.String(
        load_default=None, **described("Read at this site; build caches are at none.")
    )


class SymbolArguments(FactsArguments, PagingArguments):
    """Which symbol."""

    name = fields.String(
        required=True,
        **described(
            "A symbol, or the name that it has in C++ or Fortran: `H5Fopen`, `memcpy@GLIBC_2.14`, "
            "`H5::H5File::openFile`, `hdf5::h5open_f`."
        ),
    )
    role = fields.String(
        load_default=None,
        validate=validate.OneOf(["exports", "imports"]),
        **described("Only files that export it, or only those that import it."),
    )
    site = fields.String(
        load_default=None, **described("Read at this site; build caches are at none.")
    )


class NeededBySchema(ma.Schema):
    """How many specs have a file that needs a library."""

    count = fields.Integer(**described("Their number."))
    exact = fields.Boolean(**described("False if there are more, as counting stopped early."))


class SpecsThatNeedSchema(NeededBySchema):
    """The specs with a file that needs a library of some name."""

    name = fields.String(**described("The name."))
    specs = fields.List(fields.Nested(LabelSchema), **described("The first of them."))


class PlaceSchema(FactsSchema):
    """Where a program or library is: a path in a prefix of a spec."""

    hash = fields.String(**described("DAG hash of the spec."))
    name = fields.String(allow_none=True, **described("Name of its package."))
    version = fields.String(allow_none=True)
    path = fields.String(**described("Path below the prefix."))
    prefix = fields.String(**described("The prefix for which the file was made."))
    kind = fields.String(**described("`store`, `cache` or `external`."))
    site = fields.String(allow_none=True, **described("Where it was read; null in build caches."))
    mirror = fields.String(allow_none=True, **described("The build cache that has it."))
    library = fields.String(**described("SHA-256 of the file."))


class LibraryItemSchema(PlaceSchema):
    """A program or library in a prefix of a spec."""

    build_id = fields.String(allow_none=True, **described("Build ID of the linker."))
    soname = fields.String(allow_none=True)
    versions = fields.List(fields.String(), **described("Versions of symbols that it defines."))
    needed = fields.List(fields.String(), **described("Names of the libraries that it needs."))
    exports = fields.Integer(**described("Number of exported symbols."))
    imports = fields.Integer(**described("Number of symbols that its relocations name."))
    needed_by = fields.Nested(
        NeededBySchema, **described("The specs with a file that needs a library of its name.")
    )


class LibraryPageSchema(page_of(LibraryItemSchema)):  # type: ignore[misc]
    """A page of programs and libraries."""

    needed_by = fields.Nested(
        SpecsThatNeedSchema,
        **described("The specs with a file that needs `soname`, whoever has it; if it is given."),
    )


class SymbolOfFileSchema(ma.Schema):
    """A symbol of a file."""

    name = fields.String(**described("Name in the symbol table."))
    demangled = fields.String(
        allow_none=True, **described("Name in C++, Rust or Fortran; null if it is not mangled.")
    )
    version = fields.String(**described("Version of the symbol; empty without one."))
    default = fields.Boolean(
        allow_none=True,
        **described("Whether programs are linked to this version; null for imports."),
    )
    wanted_of = fields.String(
        allow_none=True, **described("The library that should define the version; of imports.")
    )
    weak = fields.Boolean(
        allow_none=True,
        **described("Whether a program starts without the symbol; null for exports."),
    )


class SymbolItemSchema(PlaceSchema):
    """A program or library with a symbol."""

    role = fields.String(**described("`exports` or `imports`."))
    soname = fields.String(allow_none=True)
    symbols = fields.List(fields.Nested(SymbolOfFileSchema))


class SymbolPageSchema(ma.Schema):
    """A page of programs and libraries with a symbol."""

    names = fields.List(fields.String(), **described("The symbols that were looked up."))
    items = fields.List(fields.Nested(SymbolItemSchema))
    next = fields.String(allow_none=True)
    is_cut = fields.Boolean(
        **described("More than 10,000 files export or import it; only so many are looked at.")
    )


class AbiDiffArguments(ma.Schema):
    """Which two specs."""

    a = fields.String(
        required=True, **described("The first: a hash, or a spec that only one satisfies.")
    )
    b = fields.String(required=True, **described("The second."))
    site = fields.String(
        load_default=None, **described("The site whose files count, and whose clients are listed.")
    )
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MAX_LIMIT),
        **described(f"Most symbols, and most clients, of each library, 1 to {MAX_LIMIT}."),
    )


class SymbolChangeSchema(ma.Schema):
    """A symbol that is not exported as before."""

    name = fields.String(**described("Name in the symbol table."))
    demangled = fields.String(
        allow_none=True, **described("Name in C++, Rust or Fortran; null if it is not mangled.")
    )
    change = fields.String(**described("`added`, `removed` or `versions`."))
    before = fields.List(
        fields.String(),
        **described("Versions in `a`: `@@V` if programs are linked to it, `@V` if not, or empty."),
    )
    after = fields.List(fields.String(), **described("Versions in `b`."))
    used_by = fields.Integer(**described("Specs with a client that uses a symbol that is gone."))


class AbiClientSchema(ma.Schema):
    """A file that uses symbols that a library lost."""

    spec = fields.Nested(LabelSchema)
    path = fields.String(**described("Path below the prefix."))
    symbols = fields.List(
        fields.String(),
        **described("The symbols that it uses; empty if the whole library is gone."),
    )


class LibraryDiffSchema(ma.Schema):
    """A library in two specs."""

    soname = fields.String(**described("SONAME, or the file name without one."))
    change = fields.String(**described("`added`, `removed`, `changed` or `same`."))
    before = fields.String(allow_none=True, **described("Its path in `a`, null where it is not."))
    after = fields.String(allow_none=True, **described("Its path in `b`."))
    added = fields.Integer(**described("Number of symbols that are new."))
    removed = fields.Integer(**described("Number of symbols that are gone."))
    versions = fields.Integer(**described("Number of symbols with other versions."))
    symbols = fields.List(
        fields.Nested(SymbolChangeSchema), **described("The first, those that are used before.")
    )
    clients = fields.List(fields.Nested(AbiClientSchema), **described("The first, by spec."))
    clients_count = fields.Integer(**described("Number of files that use symbols that are gone."))
    clients_exact = fields.Boolean(**described("False if there may be more."))


class AbiDiffSchema(ma.Schema):
    """The libraries of two specs, those first that clients use."""

    a = fields.Nested(LabelSchema)
    b = fields.Nested(LabelSchema)
    libraries = fields.List(fields.Nested(LibraryDiffSchema))
