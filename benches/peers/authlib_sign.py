"""Signs the request on stdin (see ../src/peers.rs) over and over by Authlib; prints nanoseconds of CPU time and the header
as JSON. With RSA keys it verifies a text of such a length as well."""
import json
import sys
import time

from authlib.oauth1.rfc5849 import client_auth, rsa

asked = json.load(sys.stdin)
client_auth.generate_nonce = lambda: asked["nonce"]
client_auth.generate_timestamp = lambda: asked["timestamp"]
private_key, public_key = asked.get("rsa", (None, None))
signer = client_auth.ClientAuth(
    *asked["client"], token=asked["token"][0], token_secret=asked["token"][1], rsa_key=private_key,
    signature_method="RSA-SHA1" if private_key else "HMAC-SHA1")


def sign():
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if asked["body"] else {}
    return signer.prepare(asked["method"], asked["url"], headers, asked["body"])[1]["Authorization"]


def median(work, turns=21):
    times, times_a_turn = [], 1 if private_key else 100
    for _ in range(turns):
        began = time.process_time_ns()
        for _ in range(times_a_turn):
            work()
        times.append((time.process_time_ns() - began) / times_a_turn)
    return sorted(times)[turns // 2]


header = sign()
answer = {"ns": median(sign), "header": header}
if public_key:
    message = b"a base string" * 35
    signature = rsa.sign_sha1(message, private_key)
    assert rsa.verify_sha1(signature, message, public_key)
    answer["verify_ns"] = median(lambda: rsa.verify_sha1(signature, message, public_key))
print(json.dumps(answer))
