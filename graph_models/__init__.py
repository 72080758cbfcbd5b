"""The schema of the graph: one class per label, with a description of every property."""

from graph_models.audit import AuditEntry
from graph_models.build import (
    Archive,
    Blob,
    Build,
    Diagnostic,
    Environment,
    FailedBy,
    Kept,
    Phase,
    Recipe,
    Reported,
    Variable,
)
from graph_models.claim import Claim
from graph_models.document import Document
from graph_models.library import (
    Installs,
    Library,
    Prefix,
    Soname,
    SymbolSet,
    TypesCompared,
)
from graph_models.monitor import Announcement, Counter, FailedConcretization, PhaseReport
from graph_models.posting import GoneRoot, Posting, PostingIndex
from graph_models.report import Received, Report
from graph_models.site import (
    Artifact,
    CanSplice,
    Compiler,
    Installation,
    Lockfile,
    Locks,
    Mirror,
    Offers,
    Site,
    Store,
    TestRun,
)
from graph_models.spec import BuiltWith, DependsOn, DeployedWith, Spec, SplicedFrom
from graph_models.token import Token
from graph_models.virtual import Virtual

NODE_MODELS = (
    *(Spec, Document, Claim, Virtual),
    *(Build, Phase, Diagnostic, Blob, Environment, Variable, Recipe, Archive),
    *(Site, Store, Installation, Artifact, Lockfile, TestRun, Mirror, Compiler, CanSplice),
    *(Token, Report),
    *(Prefix, Library, SymbolSet, Soname),
    *(Announcement, PhaseReport, FailedConcretization, Counter, AuditEntry),
    *(PostingIndex, Posting, GoneRoot),
)
RELATIONSHIP_MODELS = (
    *(DependsOn, SplicedFrom, BuiltWith, DeployedWith),
    *(Reported, FailedBy, Kept, Locks, Offers, Installs, TypesCompared, Received),
)

__all__ = [
    "NODE_MODELS",
    "RELATIONSHIP_MODELS",
    "Announcement",
    "Archive",
    "Artifact",
    "AuditEntry",
    "Blob",
    "Build",
    "BuiltWith",
    "CanSplice",
    "Claim",
    "Compiler",
    "Counter",
    "DependsOn",
    "DeployedWith",
    "Diagnostic",
    "Document",
    "Environment",
    "FailedBy",
    "FailedConcretization",
    "GoneRoot",
    "Installation",
    "Installs",
    "Kept",
    "Library",
    "Lockfile",
    "Locks",
    "Mirror",
    "Offers",
    "Phase",
    "PhaseReport",
    "Posting",
    "PostingIndex",
    "Prefix",
    "Received",
    "Recipe",
    "Report",
    "Reported",
    "Site",
    "Soname",
    "Spec",
    "SplicedFrom",
    "Store",
    "SymbolSet",
    "TestRun",
    "Token",
    "TypesCompared",
    "Variable",
    "Virtual",
]
