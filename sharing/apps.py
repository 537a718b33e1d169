from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = "Sharing"

    def ready(self) -> None:
        from django.db.models.signals import m2m_changed, post_delete, post_save

        from projects.models import Membership, User
        from sharing import signals
        from sharing.services import grants

        grants.access_changed.connect(signals.follow_access, dispatch_uid="follow access")
        m2m_changed.connect(signals.follow_groups, sender=User.groups.through, dispatch_uid="follow groups")
        post_delete.connect(signals.follow_membership, sender=Membership, dispatch_uid="follow leaving")
        post_save.connect(signals.follow_membership, sender=Membership, dispatch_uid="follow joining")
        post_save.connect(signals.follow_account, sender=User, dispatch_uid="follow accounts")
