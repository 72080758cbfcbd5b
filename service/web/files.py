"""`/owners` and `/spec/<hash>/files`: who installed a file, and the files of a spec."""

from functools import partial

from flask import Blueprint, render_template, request

from service.api.listing import page_by_key, uncounted_page_by_key, with_facts
from service.api.request import bounded, database, identity_of
from service.api.schemas.installations import OwnerArguments
from service.api.schemas.specs import ContentPageArguments
from service.queries.installations import ADVICE
from service.queries.installed_files import find_owners, list_files
from service.queries.stored_specs import read_spec
from service.web.builds import given_filters, next_address
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("file_pages", __name__)


@blueprint.get("/owners")
def show_owners() -> str:
    """Show the specs that installed a file, or a form if none is named."""
    given = given_filters(("path",))
    page = None
    if given["path"]:
        arguments = arguments_of(OwnerArguments, request.args)
        fetch = partial(find_owners, bounded(ADVICE), arguments["path"])
        page = with_facts(uncounted_page_by_key(arguments, "uid", fetch), arguments, "hash")
        draw_page("owners", uids=[each["uid"] for each in page["items"]])
    return render_template(
        "lists/owners.html",
        page=page,
        given=given,
        next=next_address(page["next"]) if page else None,
        json_twin=address_of("/api/v1/owners", **given) if page else None,
    )


@blueprint.get("/spec/<hash_>/files")
def show_files(hash_: str) -> str:
    """Show the install manifest of a spec."""
    uid = identity_of(hash_)
    spec = read_spec(database(), uid)
    arguments = arguments_of(ContentPageArguments, request.args)
    page = page_by_key(arguments, "path", partial(list_files, bounded(ADVICE), uid))
    draw_page("files", uid=uid, paths=[each["path"] for each in page["items"]])
    return render_template(
        "lists/files.html",
        spec=spec,
        page=page,
        next=next_address(page["next"]),
        json_twin=f"/api/v1/specs/{hash_}/files",
    )
