"""Addresses of sharing: the dialogue, invitations, asking, the audit trail, and what search engines ask for."""

from django.urls import path

from sharing.views import asking, audit, invitations, listing, share

PROJECT = "<slug:workspace>/project/<uuid:project_id>/"

urlpatterns = [
    path(PROJECT + "share/", share.share, name="share"),
    path(PROJECT + "share/find/", share.find, name="share-find"),
    path(PROJECT + "share/grant/", share.grant, name="share-grant"),
    path(PROJECT + "share/revoke/", share.revoke, name="share-revoke"),
    path(PROJECT + "share/again/", share.again, name="share-again"),
    path(PROJECT + "share/workspace/", share.workspace_level, name="share-workspace"),
    path(PROJECT + "share/visibility/", share.visibility, name="share-visibility"),
    path(PROJECT + "share/editors/", share.editors, name="share-editors"),
    path(PROJECT + "share/embedding/", share.embedding, name="share-embedding"),
    path(PROJECT + "ask/", asking.ask, name="ask-access"),
    path(PROJECT + "audit/", audit.trail_page, name="audit"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("robots.txt", listing.robots, name="robots"),
    path("sitemap.xml", listing.sitemap, name="sitemap"),
]
