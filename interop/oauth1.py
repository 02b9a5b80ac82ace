"""What we sign, oauthlib verifies; what oauthlib signs, we verify (RFC 5849, OAuth Request Body Hash, LTI 1.1).

    python oauth1.py PROGRAM     PROGRAM is target/debug/oauth1

Exit code 1 if anything differs. Each method: in header, query and body; with a token and by the consumer alone; and
what was changed on the way is refused by both.
"""
import base64
import hashlib
import json
import subprocess
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import Client, RequestValidator, SignatureOnlyEndpoint

METHODS = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"]
PLACES = {"header": "AUTH_HEADER", "query": "QUERY", "body": "BODY"}
FORM = ("content-type", "application/x-www-form-urlencoded")
KEY, SECRET = "consumer key & co", "s&cr%t +é"
TOKEN, TOKEN_SECRET = "tök~en/1", "t=k n"

private = rsa.generate_private_key(65537, 2048)
PRIVATE = private.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
PUBLIC = private.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

ours = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
passed, failed = 0, 0


def ask(**question):
    ours.stdin.write(json.dumps(question) + "\n")
    ours.stdin.flush()
    return json.loads(ours.stdout.readline())


def check(what, got, expected):
    global passed, failed
    if got == expected:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}: expected {expected!r}, got {got!r}")


class Validator(RequestValidator):
    """Knows one client and one token; takes every method."""

    secrets = SECRET, TOKEN_SECRET
    allowed_signature_methods = METHODS
    dummy_client = "nobody"

    def check_client_key(self, client_key):
        return True

    check_nonce = check_access_token = check_client_key

    def validate_timestamp_and_nonce(self, *args, **kwargs):
        return True

    def validate_client_key(self, client_key, request):
        return client_key == KEY

    def get_client_secret(self, client_key, request):
        return self.secrets[0]

    def get_access_token_secret(self, client_key, token, request):
        return self.secrets[1] if token == TOKEN else "unknown"

    def get_rsa_key(self, client_key, request):
        return PUBLIC


validator = Validator()
endpoint = SignatureOnlyEndpoint(validator)


def oauthlib_takes(request):
    """Whether oauthlib's verifier takes it, and the OAuth parameters that it saw."""
    taken, seen = endpoint.validate_request(request["url"], request["method"], request["body"], dict(request["headers"]))
    return taken, dict(seen.oauth_params if seen and seen.oauth_params else [])


def request(method, url, headers=(), body=""):
    return {"method": method, "url": url, "headers": [list(pair) for pair in headers], "body": body}


def how_to_sign(method, place, token):
    # oauthlib decodes OAuth parameters of queries and bodies twice, and so sees another PLAINTEXT signature than was
    # sent where that has a percent sign.
    validator.secrets = ("plain", "simple") if method == "PLAINTEXT" and place != "header" else (SECRET, TOKEN_SECRET)
    secret, token_secret = validator.secrets
    return {"do": "sign", "method": method, "placement": place, "client": [KEY, secret],
            "token": [TOKEN, token_secret] if token else None, "rsa_key": PRIVATE if method.startswith("RSA") else None}


def altered(request):
    """The same request with one more byte in its URL's query."""
    return {**request, "url": request["url"].replace("a=1", "a=2", 1)}


def we_sign():
    wild = [("a", "1"), ("a", ""), ("b", "ü ~+&="), ("b5", "=%3D"), ("c@", ""), ("z", "r b"), ("ключ", "значение")]
    url = f"https://H.example:8443/p%20q/~x?{urlencode(wild)}"
    requests = [request("GET", url), request("POST", url, [FORM], urlencode(wild + [("only", "form")])), request("DELETE", url)]
    for method in METHODS:
        for place in PLACES:
            for token in (True, False):
                for unsigned in requests if place != "body" else requests[1:2]:
                    what = f"{method} in the {place} of {unsigned['method']}, {'with' if token else 'without'} a token"
                    signed = ask(**how_to_sign(method, place, token), request=unsigned)["request"]
                    taken, seen = oauthlib_takes(signed)
                    check(what, taken, True)
                    check(f"{what}: method", seen.get("oauth_signature_method", method), method)
                    if method != "PLAINTEXT":
                        check(f"{what}, altered", oauthlib_takes(altered(signed))[0], False)


def we_sign_bodies_that_are_no_form():
    body = json.dumps({"a": "é"})
    for method in METHODS:
        digest = {"SHA256": hashlib.sha256, "SHA512": hashlib.sha512}.get(method[-6:], hashlib.sha1)
        expected = base64.b64encode(digest(body.encode()).digest()).decode()
        for place in ("header", "query"):
            unsigned = request("PUT", "https://h.example/x?a=1", [("content-type", "application/json")], body)
            signed = ask(**how_to_sign(method, place, True), body_hash=True, request=unsigned)["request"]
            taken, _ = oauthlib_takes(signed)
            check(f"{method} with a body hash in the {place}", taken, True)
            check(f"{method}: the body", signed["body"], body)
            sent = dict(parse_qsl(urlsplit(signed["url"]).query))
            if place == "header":
                header = dict(signed["headers"])["authorization"]
                sent = dict(part.split("=", 1) for part in header.removeprefix("OAuth ").split(", "))
                sent = {name: parse_qsl("x=" + value.strip('"'))[0][1] for name, value in sent.items()}
            check(f"{method}: the body's hash in the {place}", sent["oauth_body_hash"], expected)
            check(f"{method}: verified here", we_take(signed, method, *validator.secrets).get("error"), None)
            changed = we_take({**signed, "body": body + " "}, method, *validator.secrets)
            check(f"{method}: another body", changed, {"error": "bad_signature"})


def we_take(request, method, secret=SECRET, token_secret=TOKEN_SECRET):
    """The answer of our verifier, which knows the client by these secrets, or by its RSA key."""
    key = PUBLIC if method.startswith("RSA") else None
    return ask(do="verify", request=request, secrets=["" if key else secret, token_secret], public_key=key)


def client(method, place, **more):
    key = PRIVATE if method.startswith("RSA") else None
    return Client(KEY, SECRET, signature_method=method, signature_type=PLACES[place], rsa_key=key, **more)


LAUNCH = [
    ("lti_message_type", "basic-lti-launch-request"), ("lti_version", "LTI-1p0"), ("resource_link_id", "120988f929-274612"),
    ("user_id", "292832126"), ("roles", "Instructor,urn:lti:sysrole:ims/lis/Administrator"),
    ("lis_person_name_full", "Zoë Müller-Łukasiewicz"), ("context_title", "Design of Personal Environments; 100 % & more"),
    ("custom_empty", ""), ("custom_two", "1"), ("custom_two", "2"), ("ext_plus", "a+b c"),
    ("launch_presentation_return_url", "https://lms.example/return?course=1&x=%20"), ("oauth_callback", "about:blank"),
]


def they_launch():
    for method in METHODS:
        for place in PLACES:
            what = f"a launch by {method} in the {place}"
            url, headers, body = client(method, place).sign(
                "https://tool.example/launch?a=1", "POST", urlencode(LAUNCH), {"Content-Type": FORM[1]})
            launch = request("POST", url, headers.items(), body)
            answer = we_take(launch, method, token_secret="")
            check(what, answer.get("consumer_key"), KEY)
            sent = [["a", "1"]] + [list(pair) for pair in LAUNCH if not pair[0].startswith("oauth_")]
            check(f"{what}: parameters", answer.get("parameters"), sent)
            if method == "PLAINTEXT":
                check(f"{what}, another secret", we_take(launch, method, "other", ""), {"error": "bad_signature"})
                continue
            changed = {**launch, "body": body.replace("Instructor", "Learner")}
            check(f"{what}, changed", we_take(changed, method, token_secret=""), {"error": "bad_signature"})
            check(f"{what}, elsewhere", we_take({**launch, "url": url.replace("tool.", "t00l.")}, method, token_secret=""),
                  {"error": "bad_signature"})
            if not method.startswith("RSA"):
                check(f"{what}, another secret", we_take(launch, method, "other", ""), {"error": "bad_signature"})


def they_send_json():
    """oauthlib hashes bodies by SHA-1 whatever the method: with the SHA-2 ones that is no hash of theirs."""
    for method in METHODS:
        more = {"resource_owner_key": TOKEN, "resource_owner_secret": TOKEN_SECRET}
        url, headers, body = client(method, "header", **more).sign(
            "https://tool.example/outcome", "POST", '{"score": 0.8}', {"Content-Type": "application/json"})
        answer = we_take(request("POST", url, headers.items(), body), method)
        by_sha1 = method in ("HMAC-SHA1", "RSA-SHA1", "PLAINTEXT")
        check(f"JSON by {method}", answer.get("error"), None if by_sha1 else "bad_signature")


for part in (we_sign, we_sign_bodies_that_are_no_form, they_launch, they_send_json):
    before = passed
    part()
    print(f"{part.__name__.replace('_', ' ')}: {passed - before} checks hold")
ours.stdin.close()
ours.wait()
sys.exit(failed > 0)
