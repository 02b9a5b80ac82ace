"""Log in at every client of interop-rp by the providers' own pages, without a browser.

    python logins.py [--app http://127.0.0.1:9500] [--only NAME,NAME]

For each client: who logged in, and by which signature. For one client of each protocol also: a callback that a stranger
opens, one that is opened twice, and a user who says no. --only leaves these out. Exit code 1 if anything differs.
"""
import argparse
import re
from urllib.parse import urljoin

import requests

from checks import check, end, equal
from walk import Forms, walk

args = argparse.ArgumentParser()
args.add_argument("--app", default="http://127.0.0.1:9500")
args.add_argument("--only", type=lambda text: text.split(","))
args = args.parse_args()


def signature_of(name):
    if name.startswith("id-"):
        return {"id-eddsa": "EdDSA"}.get(name, name[3:].upper())
    if name.startswith("oauth1-"):
        return name.removeprefix("oauth1-").rpartition("-")[0].upper()
    return "RS256"


def logs_in(name):
    told_of(name, walk(f"{args.app}/login/{name}"), ["state", "iss", "PKCE", "nonce"])


def device_logs_in(name):
    shown = requests.get(f"{args.app}/device/{name}", timeout=20).json()
    page = walk(shown["verification_uri_complete"])
    equal("status of the provider's page", page.status_code, 200)
    told_of(name, requests.get(f"{args.app}/device/{name}/login", timeout=60), [])


def told_of(name, reply, checks_of_openid):
    equal("status", reply.status_code, 200)
    user, openid = reply.json(), not name.startswith("oauth1-")
    equal("client", user["client"], name)
    if name == "pairwise":
        equal("a pairwise sub", bool(re.fullmatch("[0-9a-f]{64}", user["sub"])), True)
    else:
        equal("sub", user["sub"], "alice")
    equal("e-mail, and whether it is verified", user["email"], ["alice@example.com", openid])
    equal("name", user["name"], "Alice Example" if openid else "Alice")
    equal("an issuer", bool(user["iss"]), openid)
    checks = dict(user["checks"])
    equal("signature", checks["signature"], signature_of(name))
    equal("an active token, by introspection", user["active"], True if openid else None)
    for what in checks_of_openid if openid else ["oauth_token", "oauth_verifier"]:
        equal(f"a check of {what}", what in checks, True)


def is_bound_to_its_browser(name):
    browser = requests.Session()
    callback = walk(f"{args.app}/login/{name}", stop=f"{args.app}/authorize/", session=browser)
    stranger = requests.get(callback, timeout=20)
    equal("a stranger's status", stranger.status_code, 400)
    equal("a stranger's code is not repeated", "code=" in stranger.text, False)
    equal("the browser's own status", browser.get(callback, timeout=20).status_code, 200)
    equal("the status of a second use", browser.get(callback, timeout=20).status_code, 400)


def can_be_denied(name):
    browser = requests.Session()
    page = browser.get(f"{args.app}/login/{name}", timeout=20)
    cancel = re.search(r'href="([^"]+/abort)"', page.text)
    if cancel:
        reply = browser.get(urljoin(page.url, cancel[1]), timeout=20)
    else:
        form = Forms(page.text).forms[0]
        reply = browser.post(urljoin(page.url, form["action"]), {**form["fields"], "granted": "", "deny": "yes"}, timeout=20)
    equal("back at the application", reply.url.startswith(f"{args.app}/authorize/{name}"), True)
    equal("status", reply.status_code, 401)
    again = walk(f"{args.app}/login/{name}", session=browser)
    equal("status of the next try", again.status_code, 200)


names = args.only or requests.get(f"{args.app}/clients", timeout=20).json()
for name in names:
    check(f"{name} logs in", lambda: (device_logs_in if name == "device" else logs_in)(name))
if not args.only:
    for name in ("basic", "oauth1-hmac-sha1-header"):
        check(f"{name} is bound to its browser", lambda: is_bound_to_its_browser(name))
        check(f"{name} can be denied", lambda: can_be_denied(name))
end()
