"""Visibility for real: what is found, what says "noindex", what a link shows before it is opened, who may frame it."""

import base64
import io
import re
from html import unescape

import pytest
from django.urls import reverse
from PIL import Image

from projects.models import Project
from projects.services import projects, versions
from tests.cast import make_project, published

pytestmark = pytest.mark.django_db

LINK, PUBLIC, WORKSPACE = Project.Visibility.LINK, Project.Visibility.PUBLIC, Project.Visibility.WORKSPACE


@pytest.fixture
def app(cast):
    published(cast)
    return cast.project


def show_to(project: Project, visibility: Project.Visibility) -> None:
    project.visibility = visibility
    project.save(update_fields=["visibility"])


def meta(page: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)
    return {name: unescape(content) for name, content in found}


class TestBeingFound:
    def test_a_public_app_is_listed_and_says_what_it_is(self, client, app):
        show_to(app, PUBLIC)
        answer = client.get(app.app_url)
        said = meta(answer.content.decode())
        assert answer.status_code == 200
        assert "X-Robots-Tag" not in answer.headers and "robots" not in said
        assert (said["og:title"], said["og:site_name"]) == ("Squares", "Harbour Lab")
        assert said["og:url"].endswith(app.app_url) and said["og:url"].startswith("http")
        assert said["og:image"].endswith("/picture.png")
        assert app.app_url in client.get("/sitemap.xml").content.decode()

    def test_an_app_with_a_link_is_in_no_list_and_says_noindex(self, client, app):
        show_to(app, LINK)
        answer = client.get(app.app_url)
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")
        assert meta(answer.content.decode())["robots"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert str(app.pk) not in client.get("/sitemap.xml").content.decode()
        assert not Project.objects.public_apps().exists()
        assert (
            client.get(reverse("app-picture", args=[app.workspace.slug, app.pk])).headers["X-Robots-Tag"] == "noindex"
        )

    def test_a_private_app_is_closed_at_the_next_request(self, client, app):
        show_to(app, PUBLIC)
        assert client.get(app.app_url).status_code == 200
        show_to(app, WORKSPACE)
        assert client.get(app.app_url).status_code == 302
        assert client.get(reverse("app-picture", args=[app.workspace.slug, app.pk])).status_code == 302

    @pytest.mark.parametrize("end", ["trash", "delete the app"])
    def test_what_is_gone_is_not_listed(self, client, app, cast, end):
        show_to(app, PUBLIC)
        if end == "trash":
            projects.trash(project=app, by=cast.alice)
        else:
            versions.delete_app(project=app, by=cast.alice)
        assert str(app.pk) not in client.get("/sitemap.xml").content.decode()
        assert not Project.objects.public_apps().exists()

    def test_an_unpublished_public_project_is_not_listed(self, client, cast):
        show_to(cast.project, PUBLIC)
        assert not Project.objects.public_apps().exists()
        assert client.get(cast.project.app_url).status_code == 302

    def test_robots_txt_names_no_address_but_the_sitemap(self, client, app):
        show_to(app, LINK)
        text = client.get("/robots.txt").content.decode()
        assert "Sitemap: http" in text and "/sitemap.xml" in text
        assert "Disallow: /" not in text and "hex" not in text

    def test_a_private_project_has_a_public_app(self, client, app):
        show_to(app, PUBLIC)
        assert client.get(app.app_url).status_code == 200
        assert client.get(app.get_absolute_url()).status_code == 302

    def test_a_title_can_not_break_out_of_the_head(self, client, cast):
        cast.project.title = '"><script>alert(1)</script>'
        cast.project.save()
        published(cast)
        show_to(cast.project, PUBLIC)
        assert "<script>alert" not in client.get(cast.project.app_url).content.decode()
        assert "<script>alert" not in client.get("/sitemap.xml").content.decode()


class TestThePicture:
    def get(self, client, project):
        answer = client.get(reverse("app-picture", args=[project.workspace.slug, project.pk]))
        assert answer.headers["Content-Type"] == "image/png"
        return Image.open(io.BytesIO(answer.content))

    def picture(self, colour: str) -> dict:
        written = io.BytesIO()
        Image.new("RGB", (400, 300), colour).save(written, "PNG")
        data = {"image/png": base64.b64encode(written.getvalue()).decode()}
        return {"output_type": "display_data", "data": data, "metadata": {}}

    def test_without_an_image_it_is_a_card(self, client, app):
        show_to(app, PUBLIC)
        assert self.get(client, app).size == (1200, 630)

    def test_it_is_the_first_image_that_is_shown(self, client, cast):
        published(cast, outputs={"squares": [self.picture("red")]})
        show_to(cast.project, PUBLIC)
        assert self.get(client, cast.project).getpixel((600, 315)) == (255, 0, 0)

    def test_a_hidden_image_is_not_shown(self, client, cast):
        from projects.notebook.document import Show
        from projects.services import drafts

        hidden = Show(cell=True, code=False, output=False)
        drafts.change(draft=cast.draft, by=cast.alice, edit=lambda notebook: notebook.set_show("squares", hidden))
        published(cast, outputs={"squares": [self.picture("red")]})
        show_to(cast.project, PUBLIC)
        assert self.get(client, cast.project).getpixel((600, 315)) != (255, 0, 0)

    def test_what_claims_to_be_an_image_is_not_trusted(self, client, cast):
        junk = {"image/png": base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"junk" * 2000).decode()}
        junk_output = {"output_type": "display_data", "data": junk, "metadata": {}}
        published(cast, outputs={"squares": [junk_output, self.picture("blue")]})
        show_to(cast.project, PUBLIC)
        assert self.get(client, cast.project).getpixel((600, 315)) == (0, 0, 255)

    def test_it_is_made_once_and_only_the_newest_is_kept(self, client, app):
        from django.core.files.storage import default_storage

        show_to(app, PUBLIC)
        self.get(client, app), self.get(client, app)
        _, files = default_storage.listdir(f"pictures/{app.pk}")
        assert len(files) == 1

    def test_mallory_does_not_get_it(self, client, app, cast):
        client.force_login(cast.mallory)
        assert client.get(reverse("app-picture", args=[app.workspace.slug, app.pk])).status_code == 404


class TestEmbedding:
    def policy(self, answer) -> str:
        return re.search(r"frame-ancestors ([^;]*)", answer.headers["Content-Security-Policy"]).group(1)

    def test_it_is_off_by_default(self, client, app):
        show_to(app, LINK)
        for address in (app.app_url, f"{app.app_url}?embed=true"):
            assert self.policy(client.get(address)) == "'none'"

    def test_allowed_sites_may_frame_the_page_without_chrome(self, client, app):
        show_to(app, LINK)
        app.embed_sites = ["https://intranet.example.org"]
        app.save()
        plain, framed = client.get(app.app_url), client.get(f"{app.app_url}?embed=true")
        assert self.policy(plain) == "'none'"
        assert self.policy(framed) == "'self' https://intranet.example.org"
        assert "X-Frame-Options" not in framed.headers
        assert 'class="bar"' in plain.content.decode()
        assert 'class="bar"' not in framed.content.decode()
        assert "data-run" in framed.content.decode()

    def test_no_other_page_may_be_framed(self, client, app, cast):
        app.embed_sites = ["https://intranet.example.org"]
        app.save()
        client.force_login(cast.alice)
        for page in ("notebook", "files", "share", "audit"):
            answer = client.get(reverse(page, args=[app.workspace.slug, app.pk]) + "?embed=true")
            assert self.policy(answer) == "'none'", page


def test_opening_an_app_is_noted_once_a_visit(client, app, cast):
    client.force_login(cast.dave)
    client.get(app.app_url), client.get(app.app_url)
    assert [event.by for event in app.audit_events.filter(action="opened")] == [cast.dave]


def test_the_sitemap_has_every_workspace_once(client, app, cast):
    show_to(app, PUBLIC)
    other = make_project(cast.workspace, cast.alice, title="Other")
    show_to(other, PUBLIC)
    xml = client.get("/sitemap.xml").content.decode()
    assert xml.count(f"<loc>http://localhost:8000{cast.workspace.get_absolute_url()}</loc>") == 1
