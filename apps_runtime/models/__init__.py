from apps_runtime.models.analyses import VersionAnalysis
from apps_runtime.models.blob_uses import BlobUse
from apps_runtime.models.diagnoses import Diagnosis
from apps_runtime.models.instant_starts import InstantStart
from apps_runtime.models.links import LinkFollower, LinkProblem, SavedLink
from apps_runtime.models.outputs import Blob
from apps_runtime.models.results import CellResult
from apps_runtime.models.runs import PublishedResults, Run, RunCell
from apps_runtime.models.schedules import DueTime, SavedInputs, Schedule, SchedulePause
from apps_runtime.models.sessions import Participant, Session, SessionCell
from apps_runtime.models.tokens import ApiToken
from apps_runtime.models.tries import Try

__all__ = [
    "ApiToken",
    "Blob",
    "BlobUse",
    "CellResult",
    "Diagnosis",
    "DueTime",
    "InstantStart",
    "LinkFollower",
    "LinkProblem",
    "Participant",
    "PublishedResults",
    "Run",
    "RunCell",
    "SavedInputs",
    "SavedLink",
    "Schedule",
    "SchedulePause",
    "Session",
    "SessionCell",
    "Try",
    "VersionAnalysis",
]
