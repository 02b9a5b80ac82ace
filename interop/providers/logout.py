"""Log in at interop-rp by oidc-provider's pages, and out again by each way that there is, without a browser.

    python logout.py [--app http://127.0.0.1:9500] [--provider http://127.0.0.1:9400]

Exit code 1 if anything differs. oidc-provider has back-channel and RP-initiated logout; front-channel logout it no longer
has, so that one is not here.
"""
import argparse
import time

import requests

from checks import check, end, equal
from walk import Forms, walk

args = argparse.ArgumentParser()
args.add_argument("--app", default="http://127.0.0.1:9500")
args.add_argument("--provider", default="http://127.0.0.1:9400")
args = args.parse_args()


def logged_in():
    browser = requests.Session()
    equal("login", walk(f"{args.app}/login/logout", session=browser).status_code, 200)
    who = browser.get(f"{args.app}/me", timeout=20)
    equal("signed in", who.status_code, 200)
    equal("as", who.json()["id"], f"{args.provider} alice")
    equal("with the provider's session", bool(who.json()["sid"]), True)
    return browser


def is_signed_in(browser):
    return {200: True, 401: False}[browser.get(f"{args.app}/me", timeout=20).status_code]


def is_signed_in_for(browser, seconds):
    for _ in range(seconds * 10):
        if not is_signed_in(browser):
            return False
        time.sleep(0.1)
    return True


def asks_for_a_password(browser):
    """Whether the provider would log this browser in anew only with a password: its own session is over."""
    page = browser.get(f"{args.app}/login/logout", timeout=20)
    return any("password" in form["fields"] for form in Forms(page.text).forms)


def the_provider_tells():
    browser, other = logged_in(), logged_in()
    copy = requests.Session()
    copy.cookies.update(browser.cookies)
    end = walk(f"{args.provider}/session/end", session=browser)  # its own page, which asks
    equal("the provider's page", (end.status_code, end.url.startswith(args.provider)), (200, True))
    equal("still signed in", is_signed_in_for(browser, 5), False)
    equal("a copy of the cookies still signed in", is_signed_in(copy), False)
    equal("another browser of the same user signed in", is_signed_in(other), True)
    equal("a new login works", walk(f"{args.app}/login/logout", session=browser).status_code, 200)
    equal("signed in anew", is_signed_in(browser), True)


def the_application_begins():
    browser, stranger = logged_in(), requests.Session()
    back = walk(f"{args.app}/logout/logout", stop=f"{args.app}/logged-out", session=browser)
    equal("signed in", is_signed_in(browser), False)
    equal("a stranger's status", stranger.get(back, timeout=20).status_code, 400)
    reply = browser.get(back, timeout=20)
    equal("back", (reply.status_code, reply.json()), (200, {"logged_out": True, "at_provider": True}))
    equal("the status of a second use", browser.get(back, timeout=20).status_code, 400)
    equal("the provider asks for a password", asks_for_a_password(browser), True)


def the_application_ends_it_for_good():
    browser = logged_in()
    copy = requests.Session()
    copy.cookies.update(browser.cookies)
    equal("revocation", browser.get(f"{args.app}/revoke/logout", timeout=20).text, "Revoked")
    equal("signed in", (is_signed_in(browser), is_signed_in(copy)), (False, False))
    equal("the provider asks for a password", asks_for_a_password(browser), False)


def forged_tokens_end_nothing():
    browser = logged_in()
    for form in ({}, {"logout_token": "a.b.c"}, {"logout_token": "eyJhbGciOiJub25lIn0.e30."}):
        reply = requests.post(f"{args.app}/backchannel-logout", data=form, timeout=20)
        equal("status", reply.status_code, 400)
        equal("kept by nobody", reply.headers["Cache-Control"], "no-store")
    equal("signed in", is_signed_in(browser), True)


check("a logout at the provider signs the user out here, by the back channel", the_provider_tells)
check("a logout here goes to the provider and comes back", the_application_begins)
check("a logout for good revokes the tokens", the_application_ends_it_for_good)
check("forged logout tokens end nothing", forged_tokens_end_nothing)
end()
