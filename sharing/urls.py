"""Addresses of accounts."""

from django.urls import path

from sharing.views import accounts, addresses, openid, sign_up

urlpatterns = [
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-up/", sign_up.sign_up, name="sign-up"),
    path("sign-up/<str:token>/", sign_up.confirm, name="sign-up-confirm"),
    path("sign-in/openid/", openid.start, name="sign-in-openid"),
    path("sign-in/openid/callback/", openid.callback, name="sign-in-openid-callback"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("password/forgotten/", accounts.ForgottenPassword.as_view(), name="password-forgotten"),
    path("password/sent/", accounts.PasswordSent.as_view(), name="password-sent"),
    path("password/new/<uidb64>/<token>/", accounts.NewPassword.as_view(), name="password-new"),
    path("password/done/", accounts.PasswordDone.as_view(), name="password-done"),
    path("password/change/", accounts.ChangePassword.as_view(), name="password-change"),
    path("profile/", accounts.profile, name="profile"),
    path("profile/address/", addresses.ask, name="address"),
    path("profile/address/<str:token>/", addresses.proved, name="address-proved"),
]
