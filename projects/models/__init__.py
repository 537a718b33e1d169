from projects.models.audit import AuditEvent
from projects.models.drafts import Draft
from projects.models.people import Membership, ProvedAddress, User, Workspace
from projects.models.projects import (
    Project,
    ProjectGroupGrant,
    ProjectUserGrant,
    Trashing,
)
from projects.models.versions import Erasure, Publication, Version, VersionName, VersionsAreImmutable

__all__ = [
    "AuditEvent",
    "Draft",
    "Erasure",
    "Membership",
    "Project",
    "ProjectGroupGrant",
    "ProjectUserGrant",
    "ProvedAddress",
    "Publication",
    "Trashing",
    "User",
    "Version",
    "VersionName",
    "VersionsAreImmutable",
    "Workspace",
]
