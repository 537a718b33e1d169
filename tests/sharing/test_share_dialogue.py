"""The Share dialogue through its addresses: who sees it, what it changes, what it refuses, in words."""

import html
import json
import re

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.urls import reverse

from apps_runtime.models import Session
from apps_runtime.services.sessions import sessions
from projects.levels import Level
from projects.models import Membership, Project, User
from projects.permissions import level_of
from projects.services import access
from sharing.models import Invitation
from sharing.services import addresses
from tests.cast import published
from tests.files.folders import put
from tests.running import ROOT

pytestmark = pytest.mark.django_db


def address(cast, name="share"):
    return reverse(name, args=[cast.project.workspace.slug, cast.project.pk])


def text_of(response) -> str:
    """What a person reads: without markup, spaces made one."""
    words = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(words).split())


@pytest.fixture
def share(client, cast, django_capture_on_commit_callbacks):
    """`share("bob", "share-grant", text="carol", level="Can Edit")`, as the page's script sends it."""

    def post(name: str, what: str, **form):
        client.force_login(getattr(cast, name))
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address(cast, what), form, headers={"X-Fragment": "stream"})

    return post


@pytest.fixture
def erin(cast) -> User:
    """A member of the workspace without a grant."""
    person = User.objects.create_user("erin", "erin@example.org", first_name="Erin")
    addresses.prove(person=person, way=addresses.Way.MAIL)
    Membership.objects.create(workspace=cast.workspace, user=person)
    return person


@pytest.fixture
def desk(cast, erin) -> Group:
    group = Group.objects.create(name="Forecast desk")
    group.user_set.add(erin, cast.carol)
    return group


class TestLooking:
    def test_bob_sees_who_has_access(self, client, cast):
        client.force_login(cast.bob)
        text = text_of(client.get(address(cast)))
        for name in ("Alice", "Bob", "Carol", "Dave"):
            assert name in text
        assert "Only people with Full Access change this." in text
        assert "Mallory" not in text

    def test_it_is_a_dialogue_for_a_page_and_a_page_for_a_link(self, client, cast):
        client.force_login(cast.alice)
        page = client.get(address(cast)).content.decode().strip()
        dialogue = client.get(address(cast), headers={"X-Fragment": "dialogue"}).content.decode().strip()
        assert page.startswith("<!DOCTYPE html>") and "<dialog" not in page
        assert dialogue.startswith("<dialog") and "<html" not in dialogue

    @pytest.mark.parametrize(("name", "status"), [("carol", 403), ("dave", 403), ("mallory", 404)])
    def test_others_do_not(self, client, cast, name, status):
        client.force_login(getattr(cast, name))
        assert client.get(address(cast)).status_code == status
        assert client.get(address(cast, "share-find"), {"q": "a"}).status_code == status


class TestFinding:
    def find(self, client, cast, text):
        client.force_login(cast.bob)
        return [found["name"] for found in client.get(address(cast, "share-find"), {"q": text}).json()["found"]]

    def test_members_and_groups_by_any_part_of_their_name(self, client, cast, desk):
        assert self.find(client, cast, "eri") == ["Erin"]
        assert self.find(client, cast, "ERIN@example") == ["Erin"]
        assert self.find(client, cast, "fore") == ["Forecast desk"]
        assert self.find(client, cast, "") == self.find(client, cast, "   ") == []

    def test_strangers_are_not_found(self, client, cast):
        Group.objects.create(name="Elsewhere").user_set.add(cast.mallory)
        assert self.find(client, cast, "mallory") == []
        assert self.find(client, cast, "elsewhere") == []
        assert self.find(client, cast, "example.org") == ["Alice", "Bob", "Carol", "Dave"]

    def test_it_says_what_they_have(self, client, cast):
        client.force_login(cast.bob)
        [carol] = client.get(address(cast, "share-find"), {"q": "carol"}).json()["found"]
        assert carol == {
            "who": f"user:{cast.carol.pk}",
            "name": "Carol",
            "detail": "carol@example.org",
            "has": "Can View",
        }


class TestGranting:
    def test_bob_gives_erin_can_view_by_her_name(self, share, cast, erin):
        answer = share("bob", "share-grant", text="erin", level="can_view")
        assert "Erin has Can View." in text_of(answer)
        assert level_of(erin, cast.project) is Level.CAN_VIEW
        event = cast.project.audit_events.get(action="granted")
        assert (event.by, event.detail["user"], event.detail["after"]) == (cast.bob, "Erin", "Can View")

    def test_a_group_gets_a_level_and_leaving_it_takes_it_away(self, share, cast, desk, erin):
        share("alice", "share-grant", who=f"group:{desk.pk}", level="can_edit")
        assert level_of(erin, cast.project) is Level.CAN_EDIT
        desk.user_set.remove(erin)
        assert level_of(User.objects.get(pk=erin.pk), cast.project) is None

    def test_a_level_is_changed_and_removed(self, share, cast):
        who = f"user:{cast.dave.pk}"
        share("bob", "share-grant", who=who, level="can_view")
        assert level_of(cast.dave, cast.project) is Level.CAN_VIEW
        answer = share("bob", "share-revoke", who=who)
        assert "Dave has no access any more." in text_of(answer)
        assert level_of(cast.dave, cast.project) is None

    def test_removing_says_what_is_left(self, share, cast, desk):
        share("alice", "share-grant", who=f"group:{desk.pk}", level="app_only")
        answer = share("alice", "share-revoke", who=f"user:{cast.carol.pk}")
        assert "Removed what was given to Carol, who still has App Only." in text_of(answer)

    @pytest.mark.parametrize("level", ["full", "Full Access"])
    def test_bob_can_not_give_more_than_he_has(self, share, cast, erin, level):
        answer = share("bob", "share-grant", text="erin", level=level)
        assert answer.status_code == 403
        assert "Your level is Can Edit. Giving Full Access takes Full Access." in text_of(answer)
        assert level_of(erin, cast.project) is None

    def test_bob_can_not_touch_alice(self, share, cast):
        for what, form in (("share-grant", {"level": "can_view"}), ("share-revoke", {})):
            assert share("bob", what, who=f"user:{cast.alice.pk}", **form).status_code == 403
        assert level_of(cast.alice, cast.project) is Level.FULL_ACCESS

    def test_the_last_full_access_can_not_go(self, share, cast):
        answer = share("alice", "share-revoke", who=f"user:{cast.alice.pk}")
        assert answer.status_code == 422
        assert "Alice is the only one with Full Access." in text_of(answer)

    def test_alice_hands_over_and_leaves(self, share, cast):
        share("alice", "share-grant", who=f"user:{cast.bob.pk}", level="full")
        answer = share("alice", "share-revoke", who=f"user:{cast.alice.pk}")
        assert answer.status_code == 404
        assert level_of(cast.alice, cast.project) is None

    def test_carol_and_dave_give_nothing(self, share, cast, erin):
        for name in ("carol", "dave"):
            assert share(name, "share-grant", text="erin", level="app_only").status_code == 403
        assert share("mallory", "share-grant", text="erin", level="app_only").status_code == 404
        assert level_of(erin, cast.project) is None

    def test_alice_keeps_sharing_to_herself(self, share, cast, erin, client):
        share("alice", "share-editors")
        answer = share("bob", "share-grant", text="erin", level="app_only")
        assert answer.status_code == 403
        assert level_of(erin, cast.project) is None
        assert "Only people with Full Access share this project." in text_of(client.get(address(cast)))
        share("alice", "share-editors", allowed="1")
        assert share("bob", "share-grant", text="erin", level="app_only").status_code == 200

    def test_bob_does_not_decide_who_shares(self, share, cast):
        assert share("bob", "share-editors").status_code == 403
        cast.project.refresh_from_db()
        assert cast.project.editors_can_share

    @pytest.mark.parametrize("who", ["user:999999", "group:1", "user:x", "user:", "admin:1", "user:١"])
    def test_made_up_people_are_nobody(self, share, cast, who):
        assert share("bob", "share-grant", who=who, level="app_only").status_code == 422

    def test_the_number_of_a_stranger_tells_nothing(self, share, cast):
        answers = [share("bob", "share-grant", who=f"user:{pk}", level="app_only") for pk in (cast.mallory.pk, 999_999)]
        said = {text_of(answer).split(". ")[0] for answer in answers}
        assert len(said) == 1
        assert "Mallory" not in text_of(answers[0])
        assert level_of(cast.mallory, cast.project) is None

    def test_a_name_nobody_has_is_said(self, share, cast):
        answer = share("bob", "share-grant", text="nobody", level="app_only")
        assert "Nobody in Harbour Lab is called “nobody”. Type an e-mail address to invite somebody." in text_of(answer)

    def test_without_a_script_it_goes_back_to_the_page(self, client, cast, erin):
        client.force_login(cast.bob)
        answer = client.post(address(cast, "share-grant"), {"text": "erin", "level": "app_only"})
        assert (answer.status_code, answer.url) == (302, address(cast))


class TestTheWorkspace:
    def test_everyone_gets_a_level(self, share, cast, erin):
        share("bob", "share-workspace", level="can_view")
        cast.project.refresh_from_db()
        assert level_of(erin, cast.project) is Level.CAN_VIEW
        assert level_of(cast.mallory, cast.project) is None
        share("bob", "share-workspace", level="")
        cast.project.refresh_from_db()
        assert level_of(erin, cast.project) is None

    @pytest.mark.parametrize("level", ["full", "visitor", "anything"])
    def test_and_never_full_access(self, share, cast, level):
        assert share("alice", "share-workspace", level=level).status_code == 422
        cast.project.refresh_from_db()
        assert cast.project.workspace_level == ""


class TestVisibility:
    @pytest.mark.parametrize("value", Project.Visibility.values[1:])
    def test_only_alice_opens_the_app(self, share, cast, value):
        for name, status in (("bob", 403), ("carol", 403), ("mallory", 404), ("alice", 200)):
            assert share(name, "share-visibility", visibility=value).status_code == status
        cast.project.refresh_from_db()
        assert cast.project.visibility == value
        event = cast.project.audit_events.get(action="changed visibility")
        assert event.detail["before"] == "Workspace & collaborators"

    def test_an_administrator_may_let_editors_do_it(self, share, cast, settings):
        settings.HEXLITE_EDITORS_MAY_CHANGE_VISIBILITY = True
        assert share("bob", "share-visibility", visibility="link").status_code == 200
        assert share("carol", "share-visibility", visibility="public").status_code == 403

    def test_it_says_what_each_audience_would_receive(self, client, cast, settings):
        published(cast)
        put(cast.project, "data.csv")
        put(cast.project, ".env")
        client.force_login(cast.alice)
        text = text_of(client.get(address(cast)))
        assert "They receive the published app" in text
        assert "1 data file by its address" in text
        assert "may move its input, each in a session of their own" in text
        assert "1 file kept back" in text
        settings.HEXLITE_ALLOW_ANONYMOUS_RUN = False
        text = text_of(client.get(address(cast)))
        assert "Everybody receives the published app" in text and "running it takes an account" in text


class TestEmbedding:
    def test_alice_lets_sites_embed_the_app(self, share, cast):
        share("alice", "share-embedding", sites="https://Intranet.example.org/\nhttps://*.example.com:8443")
        cast.project.refresh_from_db()
        assert cast.project.embed_sites == ["https://intranet.example.org", "https://*.example.com:8443"]
        assert share("bob", "share-embedding", sites="https://a.example").status_code == 403
        share("alice", "share-embedding", sites="")
        cast.project.refresh_from_db()
        assert cast.project.embed_sites == []

    @pytest.mark.parametrize(
        "site",
        [
            "*", "https://*", "https://*.org", "javascript:alert(1)", "example.org", "https://", "https://a/b",
            "https://a?x", "https://user@a.org", "https://a.org;script-src", "https://a.org,b.org", "'self'",
            "data:text/html,x", "https://a_b.org", "https://a.org:99999", "https://[::1", "https://\u0430.org",
        ],
    )  # fmt: skip
    def test_what_is_no_site_never_reaches_the_header(self, share, cast, site):
        assert share("alice", "share-embedding", sites=site).status_code == 422
        cast.project.refresh_from_db()
        assert cast.project.embed_sites == []


class TestWhy:
    def test_every_grant_is_named_and_the_highest_counts(self, client, share, cast, desk):
        share("alice", "share-grant", who=f"user:{cast.carol.pk}", level="can_edit")
        share("alice", "share-grant", who=f"group:{desk.pk}", level="can_view")
        share("alice", "share-workspace", level="app_only")
        client.force_login(cast.bob)
        text = text_of(client.get(address(cast)))
        assert "Why can Carol see this?" in text
        assert "Can Edit given to Carol by Alice on" in text
        assert "The highest of these counts" in text
        assert "Can View through the group Forecast desk" in text
        assert "App Only as a member of Harbour Lab" in text
        assert "Removing the first leaves Carol with Can View." in text

    def test_the_answer_agrees_with_the_rule(self, cast, desk, erin):
        from sharing.services.reasons import why

        published(cast)
        access.write_level(project=cast.project, principal=desk, level=Level.CAN_VIEW)
        people = [*cast.people.values(), erin]
        for workspace_level in ("", "app_only", "can_edit"):
            for visibility in Project.Visibility.values:
                cast.project.workspace_level, cast.project.visibility = workspace_level, visibility
                cast.project.save()
                found = why(cast.project, people)
                for person in people:
                    assert found[person.pk].level == level_of(person, cast.project), (person, visibility)

    def test_several_people_cost_as_many_queries_as_one(self, cast, django_assert_max_num_queries):
        from sharing.services.reasons import why

        with django_assert_max_num_queries(7):
            why(cast.project, list(cast.people.values()))


class TestInviting:
    def invite(self, share, email="frank@ferries.example", level="app_only", by="bob"):
        return share(by, "share-grant", text=email, level=level)

    def test_somebody_without_an_account_gets_a_link(self, share, cast):
        answer = self.invite(share)
        assert "Invited frank@ferries.example." in text_of(answer)
        [letter] = mail.outbox
        assert letter.to == ["frank@ferries.example"]
        assert letter.subject == "Bob shares “Squares” with you"
        link = re.search(r"http\S+/invitation/\S+", letter.body).group()
        [shown] = set(re.findall(r"http\S+?/invitation/[\w-]+/", html.unescape(answer.content.decode())))
        assert shown != link, "the one in the mail proves the address"
        kept = json.dumps(list(Invitation.objects.values("token_hash", "mailed_hash", "email")))
        assert not any(each.rsplit("/", 2)[1] in kept for each in (link, shown))

    def test_the_answer_is_the_same_for_an_address_with_an_account(self, share, cast):
        there = text_of(self.invite(share, "mallory@example.org")).replace("mallory@example.org", "X")
        missing = text_of(self.invite(share, "nobody@example.org")).replace("nobody@example.org", "X")
        assert there.split("People with")[0].count("Mallory") == 0
        assert there.split(".")[0] == missing.split(".")[0]
        assert level_of(cast.mallory, cast.project) is None

    def test_a_member_is_given_the_level_at_once(self, share, cast, erin):
        self.invite(share, "erin@example.org")
        assert level_of(erin, cast.project) is Level.APP_ONLY
        assert not Invitation.objects.exists()

    def test_nobody_invites_above_his_own_level(self, share, cast):
        assert self.invite(share, level="full").status_code == 403
        assert self.invite(share, by="carol").status_code == 403
        assert not Invitation.objects.exists() and not mail.outbox

    def test_it_is_listed_changed_and_taken_back(self, share, client, cast):
        self.invite(share)
        invitation = Invitation.objects.get()
        who = f"invitation:{invitation.pk}"
        client.force_login(cast.alice)
        assert "has not signed in yet" in text_of(client.get(address(cast)))
        share("alice", "share-grant", who=who, level="can_view")
        invitation.refresh_from_db()
        assert invitation.level_given is Level.CAN_VIEW
        share("alice", "share-again", who=who)
        assert len(mail.outbox) == 2
        share("alice", "share-revoke", who=who)
        assert not Invitation.objects.exists()

    def test_bob_can_not_change_an_invitation_above_him(self, share, cast):
        self.invite(share, level="full", by="alice")
        who = f"invitation:{Invitation.objects.get().pk}"
        for what in ("share-grant", "share-revoke", "share-again"):
            assert share("bob", what, who=who, level="app_only").status_code == 403, what
        assert Invitation.objects.get().level_given is Level.FULL_ACCESS

    def test_a_day_has_so_many_invitations(self, share, cast, settings):
        settings.HEXLITE_INVITATIONS_PER_DAY = 2
        statuses = [self.invite(share, f"guest{number}@example.net").status_code for number in range(3)]
        assert statuses == [200, 200, 422]

    def test_invitations_of_another_project_are_out_of_reach(self, share, cast):
        from tests.cast import make_project

        other = make_project(cast.workspace, cast.alice, title="Other")
        self.invite(share)
        invitation = Invitation.objects.get()
        Invitation.objects.filter(pk=invitation.pk).update(project=other)
        assert share("alice", "share-revoke", who=f"invitation:{invitation.pk}").status_code == 422
        assert Invitation.objects.exists()


def test_the_sites_that_embed_the_app_stand_one_a_line(client, cast):
    client.force_login(cast.alice)
    address = reverse("share", args=[cast.workspace.slug, cast.project.pk])
    field = r'<textarea id="embed-sites"[^>]*>([^<]*)</textarea>'
    assert re.search(field, client.get(address).content.decode())[1] == ""
    cast.project.embed_sites = ["https://a.example.org", "https://b.example.org"]
    cast.project.save()
    assert (
        re.search(field, client.get(address).content.decode())[1] == "https://a.example.org&#10;https://b.example.org"
    )


def test_no_tag_of_a_template_is_broken_over_lines():
    """Django would show it as it is written."""
    broken = [
        path.name for path in (ROOT / "templates").rglob("*.html") if re.search(r"{[{%][^}%]*\n", path.read_text())
    ]
    assert broken == []


def test_owners_see_how_much_strangers_run_the_app(client, cast):
    client.force_login(cast.alice)
    shown = published(cast)
    assert "without an account" not in text_of(client.get(address(cast)))
    for number in range(2):
        session = sessions.open_app(version=shown.version, person=None, visitor=f"v{number}", values={})
    Session.objects.filter(pk=session.pk).update(kernel={"kernel_id": "k"})
    sessions.open_app(version=shown.version, person=cast.dave, visitor="", values={})
    words = text_of(client.get(address(cast)))
    assert "Visitors without an account ran it 2 times in the last 30 days; 1 runs now." in words
