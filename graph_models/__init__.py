"""The schema of the graph: one class a label, a description on every property."""

from graph_models.claim import Claim
from graph_models.document import Document
from graph_models.spec import DependsOn, Reaches, Spec
from graph_models.virtual import Virtual

__all__ = [
    "NODE_MODELS",
    "RELATIONSHIP_MODELS",
    "Claim",
    "DependsOn",
    "Document",
    "Reaches",
    "Spec",
    "Virtual",
]

NODE_MODELS = (Spec, Document, Claim, Virtual)
RELATIONSHIP_MODELS = (DependsOn, Reaches)
