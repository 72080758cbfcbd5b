"""The schema of the graph: one class a label, a description on every property."""

from graph_models.claim import Claim
from graph_models.document import Document
from graph_models.spec import BuiltWith, DependsOn, DeployedWith, Spec
from graph_models.virtual import Virtual

__all__ = [
    "NODE_MODELS",
    "RELATIONSHIP_MODELS",
    "BuiltWith",
    "Claim",
    "DependsOn",
    "DeployedWith",
    "Document",
    "Spec",
    "Virtual",
]

NODE_MODELS = (Spec, Document, Claim, Virtual)
RELATIONSHIP_MODELS = (DependsOn, BuiltWith, DeployedWith)
