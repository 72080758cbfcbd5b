"""`/environments`, `/mirrors` and `/tests`: what is locked, offered, and was tested."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from service.api.request import (
    Page,
    bounded,
    finish_page_by_time,
    full_hash,
    parse_parameter,
    scope_of,
)
from service.api.schemas.specs import LabelSchema, PagingArguments, described, page_of
from service.paging import cursors
from service.queries.attempts import STATUSES
from service.queries.node_filter import HIGHEST
from service.queries.stub_selection import select_installed

blueprint = Blueprint("deployed", __name__, description="What is locked, offered and tested.")

ADVICE = "narrow it: name a package or a site"


class EnvironmentArguments(PagingArguments):
    """Which locked environments."""

    name = fields.String(load_default=None, **described("Of the environment."))
    site = fields.String(load_default=None, **described("Where."))


class LockedRootSchema(LabelSchema):
    """A root of an environment."""

    abstract = fields.String(**described("The abstract spec that it was concretized from."))


class EnvironmentItemSchema(ma.Schema):
    """A locked environment."""

    name = fields.String()
    digest = fields.String(**described("Of what it locks."))
    site = fields.String()
    lockfile_version = fields.Integer()
    spack_version = fields.String(allow_none=True)
    included = fields.List(
        fields.String(), **described("Digests of the environments that it includes.")
    )
    roots = fields.List(fields.Nested(LockedRootSchema))


EnvironmentPageSchema = page_of(EnvironmentItemSchema)


class MirrorArguments(ma.Schema):
    """Which build caches."""

    offers = fields.String(
        load_default=None, **described("Only those that offer this spec: a hash.")
    )


class OfferSchema(ma.Schema):
    """A spec in a build cache."""

    checksum = fields.String(allow_none=True, **described("Of the archive."))
    size = fields.Integer(allow_none=True)
    layout = fields.Integer(allow_none=True)
    signed = fields.Boolean(allow_none=True)


class MirrorSchema(ma.Schema):
    """A build cache."""

    name = fields.String()
    specs = fields.Integer(**described("How many specs it offers."))
    offer = fields.Nested(OfferSchema, allow_none=True, **described("Of the spec that was named."))


class MirrorsSchema(ma.Schema):
    """Every build cache."""

    items = fields.List(fields.Nested(MirrorSchema))


class TestArguments(PagingArguments):
    """Which runs of tests."""

    q = fields.String(load_default=None, **described("Of these specs, in Spack's spec syntax."))
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(STATUSES),
        **described("succeeded, failed or skipped."),
    )
    site = fields.String(load_default=None, **described("Where."))


class TestItemSchema(LabelSchema):
    """A run of the tests of an installed spec."""

    uid = fields.String()
    status = fields.String()
    site = fields.String()
    started = fields.Float(allow_none=True, **described("Seconds since 1970."))
    seconds = fields.Float(allow_none=True)
    parts = fields.List(fields.String(), **described("`name=STATUS` of each part."))


TestPageSchema = page_of(TestItemSchema)


def _page(record: Any, limit: int, scope: str, seen: int) -> Page:
    return finish_page_by_time(
        record["items"], record["total"], limit, scope, exact=True, seen=seen
    )


@blueprint.route("/environments")
@blueprint.arguments(EnvironmentArguments, location="query", unknown=RAISE)
@blueprint.response(200, EnvironmentPageSchema)
def environments(arguments: dict[str, Any]) -> Page:
    """List locked environments with their roots, those loaded last first."""
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    told = {key: arguments[key] for key in ("name", "site")}
    before = position.name or HIGHEST
    limit = arguments["limit"]
    record = bounded(ADVICE).read("environments", **told, before=before, limit=limit + 1)[0]
    return _page(record, limit, scope, position.seen)


@blueprint.route("/mirrors")
@blueprint.arguments(MirrorArguments, location="query", unknown=RAISE)
@blueprint.response(200, MirrorsSchema)
def mirrors(arguments: dict[str, Any]) -> dict[str, Any]:
    """List the build caches, or those that offer one spec."""
    offers = arguments["offers"]
    hash_ = full_hash(offers) if offers else None
    return {"items": bounded(ADVICE).read_one("mirrors", hash=hash_)}


@blueprint.route("/tests")
@blueprint.arguments(TestArguments, location="query", unknown=RAISE)
@blueprint.response(200, TestPageSchema)
def tests(arguments: dict[str, Any]) -> Page:
    """List runs of the tests of installed specs, newest first."""
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    database = bounded(ADVICE)
    constraint = parse_parameter("q", arguments["q"])
    hashes = None if constraint is None else select_installed(database, constraint)
    told = {key: arguments[key] for key in ("status", "site")}
    before = position.name or HIGHEST
    limit = arguments["limit"]
    record = database.read("test_runs", hashes=hashes, **told, before=before, limit=limit + 1)[0]
    return _page(record, limit, scope, position.seen)
