from django.apps import AppConfig


class AppsRuntimeConfig(AppConfig):
    name = "apps_runtime"
    verbose_name = "Apps, runs and sessions"

    def ready(self) -> None:
        from apps_runtime.services import following
        from projects.services import drafts, versions

        drafts.draft_changed.connect(following.follow_draft, dispatch_uid="follow draft")
        versions.unpublished.connect(following.follow_unpublished, dispatch_uid="follow unpublished")
