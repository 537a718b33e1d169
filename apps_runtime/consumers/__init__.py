from apps_runtime.consumers.app import AppConsumer
from apps_runtime.consumers.draft import DraftConsumer
from apps_runtime.consumers.run import RunConsumer
from apps_runtime.consumers.runs import RunsConsumer

__all__ = ["AppConsumer", "DraftConsumer", "RunConsumer", "RunsConsumer"]
