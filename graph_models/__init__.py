"""The schema of the graph: one class a label, a description on every property."""

from graph_models.claim import Claim
from graph_models.document import Document
from graph_models.spec import DependsOn, Reaches, Spec

__all__ = [
    "NODE_MODELS",
    "RELATIONSHIP_MODELS",
    "Claim",
    "DependsOn",
    "Document",
    "Reaches",
    "Spec",
]

NODE_MODELS = (Spec, Document, Claim)
RELATIONSHIP_MODELS = (DependsOn, Reaches)
