"""What a walk over the DAGs of one, two or more specs tells."""

from flask_smorest import Blueprint

blueprint = Blueprint("traversals", __name__, description="Walks over the DAGs of specs.")
