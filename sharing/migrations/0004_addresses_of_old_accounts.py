"""What is certain of the addresses of accounts that are older than the question whose they are (docs/sign-in.md).

* An account that an invitation made has the address that somebody else typed, and the link may have been opened by them:
  its address is not proved. Signing in with name or address and password goes on.
* If such an account is opened at a sign-in service by now, that has vouched for the address; but the password may be the
  inviter's, so passwords, windows and API tokens of it are over.
* All others were made by an administrator, by a sign-up mail or at the sign-in service: their addresses count as proved.
* Of several accounts with one address none has proved it, unless the sign-in service vouched for exactly one of them.
"""

from collections import defaultdict
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import migrations

from projects.addresses import canonical

AT_ONCE = timedelta(minutes=1)


def look(apps, schema_editor):
    User = apps.get_model("projects", "User")
    Identity = apps.get_model("sharing", "Identity")
    identified = set(Identity.objects.values_list("person_id", flat=True))
    invited = _made_by_invitation(apps)
    having = defaultdict(list)
    for person in User.objects.exclude(email="").order_by("pk"):
        if address := canonical(person.email):
            having[address].append(person)
    for address, people in having.items():
        certain = [person for person in people if person.pk in identified]
        if len(people) > 1:
            people = certain if len(certain) == 1 else []
        for person in people:
            if person.pk in identified:
                _prove(apps, person, address, "provider")
                if person.pk in invited:
                    _end_other_ways_in(apps, person)
            elif person.pk not in invited:
                _prove(apps, person, address, "before")


def _made_by_invitation(apps):
    """Accounts that were made in the moment in which an invitation was accepted."""
    AuditEvent = apps.get_model("projects", "AuditEvent")
    accepted = AuditEvent.objects.filter(action="accepted an invitation", by__isnull=False).select_related("by")
    return {event.by_id for event in accepted if abs(event.at - event.by.date_joined) < AT_ONCE}


def _prove(apps, person, address, way):
    ProvedAddress = apps.get_model("projects", "ProvedAddress")
    ProvedAddress.objects.get_or_create(address=address, defaults={"person_id": person.pk, "way": way})


def _end_other_ways_in(apps, person):
    apps.get_model("apps_runtime", "ApiToken").objects.filter(person_id=person.pk).delete()
    person.password = make_password(None)
    person.save(update_fields=["password"])


class Migration(migrations.Migration):

    dependencies = [
        ("sharing", "0003_mailed_links"),
        ("projects", "0006_proved_addresses"),
        ("apps_runtime", "0006_api_tokens"),
    ]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]
