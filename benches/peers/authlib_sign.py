"""Signs the request on stdin (see ../src/peers.rs) over and over by Authlib; prints nanoseconds of CPU time and the header as JSON."""
import json
import sys
import time

from authlib.oauth1.rfc5849 import client_auth

asked = json.load(sys.stdin)
client_auth.generate_nonce = lambda: asked["nonce"]
client_auth.generate_timestamp = lambda: asked["timestamp"]
signer = client_auth.ClientAuth(*asked["client"], token=asked["token"][0], token_secret=asked["token"][1])


def sign():
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if asked["body"] else {}
    return signer.prepare(asked["method"], asked["url"], headers, asked["body"])[1]["Authorization"]


header, turns = sign(), []
for _ in range(21):
    began = time.process_time_ns()
    for _ in range(100):
        sign()
    turns.append((time.process_time_ns() - began) / 100)
print(json.dumps({"ns": sorted(turns)[10], "header": header}))
