"""The levels of access, and nothing else: the models need them before `permissions` can exist."""

from enum import StrEnum


class Level(StrEnum):
    """What a person may do with a project; a higher one includes the lower ones.

    `VISITOR` is never granted: it is what the visibility of the app gives to whoever has the link
    (specs/permissions, columns "Link holder" and "Anyone").
    """

    VISITOR = "visitor"
    APP_ONLY = "app_only"
    CAN_VIEW = "can_view"
    CAN_EDIT = "can_edit"
    FULL_ACCESS = "full"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    @property
    def label(self) -> str:
        return {
            Level.VISITOR: "Visitor",
            Level.APP_ONLY: "App Only",
            Level.CAN_VIEW: "Can View",
            Level.CAN_EDIT: "Can Edit",
            Level.FULL_ACCESS: "Full Access",
        }[self]

    @property
    def permission(self) -> str:
        """The codename of the permission on a project that this level brings."""
        return {
            Level.VISITOR: "visit_app",
            Level.APP_ONLY: "app_only",
            Level.CAN_VIEW: "can_view",
            Level.CAN_EDIT: "can_edit",
            Level.FULL_ACCESS: "full_access",
        }[self]

    def includes(self, other: "Level") -> bool:
        return self.rank >= other.rank

    @classmethod
    def grantable(cls) -> list["Level"]:
        return [cls.APP_ONLY, cls.CAN_VIEW, cls.CAN_EDIT, cls.FULL_ACCESS]

    @classmethod
    def choices_for_workspace(cls) -> list[tuple[str, str]]:
        return [("", "Nothing"), *((level.value, level.label) for level in cls.grantable()[:3])]

    @classmethod
    def from_label(cls, label: str) -> "Level":
        """ "Can Edit" → CAN_EDIT, in any case. Raises ValueError with a sentence."""
        for level in cls.grantable():
            if label.strip().lower() in {level.label.lower(), level.value}:
                return level
        raise ValueError(f"There is no level called “{label}”. Say App Only, Can View, Can Edit or Full Access.")
