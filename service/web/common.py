"""`/common`: the specs that the DAGs of several specs share."""

from flask import Blueprint, render_template

from service.api.listing import SharedPage, check_sharing, page_of_shared
from service.api.request import bounded
from service.api.schemas.traversals import CommonArguments
from service.queries.overview import find_comparisons
from service.queries.search import ADVICE
from service.web.builds import given_filters, next_address
from service.web.chosen import box
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of

blueprint = Blueprint("common_page", __name__)

_EXAMPLES = 4


@blueprint.get("/common")
def show_common() -> tuple[str, int]:
    """Show what several DAGs share, or a form if they are not named."""
    given = given_filters(("hashes", "deptypes", "limit", "cursor"))
    # One in each line, as a spec may have commas in it; hashes may also have commas between.
    separator = "\n" if "\n" in given["hashes"] else ","
    names = [each.strip() for each in given["hashes"].split(separator) if each.strip()]
    if names:
        check_sharing(len(names))
    boxes = [box("hashes", name) for name in names]
    chosen = [each.hash for each in boxes if each.hash]
    found: SharedPage | None = None
    if names and len(chosen) == len(boxes):
        arguments = arguments_of(CommonArguments, {**given, "hashes": ",".join(chosen)})
        found = page_of_shared(arguments, dict.fromkeys(chosen))
        draw_page("common", roots=chosen, shared=[each["hash"] for each in found["items"]])
    hashes = ",".join(chosen)
    return render_template(
        "lists/common.html",
        given=given,
        boxes=boxes,
        found=found,
        text="\n".join(names),
        examples=[] if names else find_comparisons(bounded(ADVICE), _EXAMPLES),
        next=next_address(found["next"]) if found else None,
        json_twin=address_of("/api/v1/common", hashes=hashes, deptypes=given["deptypes"])
        if found
        else None,
    ), (400 if any(each.fault for each in boxes) else 200)
