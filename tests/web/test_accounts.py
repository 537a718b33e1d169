"""Signing in and out, forgotten passwords, the profile."""

import re
from urllib.parse import quote

import pytest
from django.core import mail
from django.urls import reverse

from tests.cast import PASSWORD

APP = "/harbour-lab/hex/7f3a1c2e-0000-4000-8000-000000000000/latest?_n=20&_city=%22Rome%22&__run=true"


def sign_in(client, name="alice", password=PASSWORD, address="", **more):
    return client.post("/sign-in/", {"username": name, "password": password, "next": address}, **more)


def test_alice_signs_in_and_comes_to_her_projects(client, cast):
    answer = sign_in(client)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.session["_auth_user_id"] == str(cast.alice.pk)


def test_an_email_address_does_as_well(client, cast):
    assert sign_in(client, "Alice@Example.org").status_code == 302


def test_an_address_that_two_accounts_claim_signs_in_whoever_proved_it_or_neither(client, cast):
    cast.bob.email = cast.alice.email
    cast.bob.save()
    assert sign_in(client, cast.alice.email).status_code == 302
    assert client.session["_auth_user_id"] == str(cast.alice.pk)
    client.logout()
    cast.alice.proved_address.delete()
    assert sign_in(client, cast.alice.email).status_code == 200


def test_a_link_leads_on_with_all_its_parameters(client, cast):
    page = client.get("/sign-in/", {"next": APP}).content.decode()
    assert "go on to the page in your link, with its inputs" in page
    hidden = re.search(r'name="next" value="([^"]*)"', page)[1].replace("&amp;", "&")
    assert sign_in(client, address=hidden)["Location"] == APP


def test_the_page_says_nothing_about_what_is_at_the_address(client, cast):
    page = client.get("/sign-in/", {"next": f"/harbour-lab/project/{cast.project.pk}/"}).content.decode()
    assert "Squares" not in page
    assert "Harbour Lab" not in page


# specs/security, T29
@pytest.mark.parametrize(
    "address",
    [
        "//evil.example", "/\\evil.example", "///evil.example", "https:evil.example", "https://evil.example",
        "javascript:1", "/%0d//evil.example\r\nSet-Cookie:a", "http:///evil.example", " //evil.example",
    ],
)  # fmt: skip
def test_no_link_leads_away_from_here(client, cast, address):
    location = sign_in(client, address=address)["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location


def test_strangers_are_sent_to_sign_in_and_back(client, cast):
    page = f"/harbour-lab/project/{cast.project.pk}/versions/?compare=1&with=2"
    answer = client.get(page)
    assert answer["Location"] == f"/sign-in/?next={quote(page, safe='/')}"


def test_a_wrong_password_says_how_many_tries_are_left(client, cast):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Name and password do not match. You have 9 more tries." in page
    assert 'aria-invalid="true"' in page
    assert PASSWORD not in page


def test_an_unknown_name_gets_the_same_answer(client, cast):
    assert "Name and password do not match. You have 9 more tries." in sign_in(client, "nobody").content.decode()


def test_ten_wrong_passwords_make_a_break_even_for_the_right_one(client, cast):
    answers = [sign_in(client, password="wrong") for _ in range(9)]
    assert "You have 1 more try." in answers[-1].content.decode()
    assert sign_in(client, password="wrong").status_code == 429
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "again in 5 minutes" in answer.content.decode()


def test_the_break_counts_however_the_name_is_typed(client, cast):
    for typed in ["alice", "ALICE", "alice@example.org", "Alice@example.org"] * 3:
        sign_in(client, typed, password="wrong")
    assert sign_in(client).status_code == 429


def test_the_break_is_for_one_account_from_one_address(client, cast):
    for _ in range(10):
        sign_in(client, password="wrong")
    assert sign_in(client, REMOTE_ADDR="198.51.100.7").status_code == 302
    client.logout()
    assert sign_in(client, "bob").status_code == 302


def test_the_right_password_takes_the_wrong_ones_back(client, cast):
    for _ in range(9):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 302
    client.logout()
    assert "9 more tries" in sign_in(client, password="wrong").content.decode()


def test_a_closed_account_does_not_get_in(client, cast):
    cast.carol.is_active = False
    cast.carol.save()
    assert sign_in(client, "carol").status_code == 200


def test_who_is_signed_in_goes_on_at_once(client, cast):
    client.force_login(cast.alice)
    assert client.get("/sign-in/", {"next": APP})["Location"] == APP


def test_signing_out_takes_a_post(client, cast):
    client.force_login(cast.alice)
    answer = client.get("/sign-out/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert "This address is not a page" in answer.content.decode()
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_replaced_by_mail(client, cast, settings):
    answer = client.post("/password/forgotten/", {"email": cast.carol.email}, headers={"host": "localhost"})
    assert answer["Location"] == reverse("password-sent")
    [message] = mail.outbox
    assert message.subject == "A new password for hexlite"
    link = re.search(rf"{re.escape(settings.ORIGIN)}(\S+)", message.body)[1]

    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    assert "Choose a new password" in form.content.decode()
    new = {"new_password1": "heron over water", "new_password2": "heron over water"}
    assert client.post(address, new)["Location"] == reverse("password-done")
    assert sign_in(client, "carol", "heron over water").status_code == 302

    used = client.get(link, follow=True).content.decode()
    assert "This link does not work any more" in used


def test_nobody_learns_which_addresses_have_accounts(client, cast):
    known = client.post("/password/forgotten/", {"email": cast.carol.email})
    unknown = client.post("/password/forgotten/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_a_weak_new_password_is_refused_with_the_reason(client, cast):
    client.force_login(cast.alice)
    weak = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    page = client.post("/password/change/", weak).content.decode()
    assert "at least 10 characters" in page


def test_changing_the_password_signs_other_windows_out(client, cast):
    other = type(client)()
    other.force_login(cast.alice)
    client.force_login(cast.alice)
    new = {"old_password": PASSWORD, "new_password1": "heron over water", "new_password2": "heron over water"}
    assert client.post("/password/change/", new)["Location"] == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_alice_changes_her_name_and_time_zone(client, cast):
    client.force_login(cast.alice)
    client.post("/profile/", {"first_name": "Alice", "last_name": "Grey", "time_zone": "America/Los_Angeles"})
    cast.alice.refresh_from_db()
    assert (cast.alice.name, cast.alice.time_zone) == ("Alice Grey", "America/Los_Angeles")
    assert "Saved." in client.get("/profile/").content.decode()


def test_a_time_zone_that_does_not_exist_is_refused(client, cast):
    client.force_login(cast.alice)
    answer = client.post("/profile/", {"first_name": "A", "last_name": "", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 200
    cast.alice.refresh_from_db()
    assert cast.alice.time_zone == "UTC"


def test_the_profile_is_for_people_with_an_account(client, db):
    assert client.get("/profile/")["Location"] == "/sign-in/?next=/profile/"


@pytest.mark.parametrize("name", ["sign-in", "password-forgotten", "password-sent", "password-done"])
def test_pages_for_strangers_carry_no_project_and_open(client, db, name):
    assert client.get(reverse(name)).status_code == 200
