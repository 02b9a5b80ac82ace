#!/usr/bin/env python3
"""Only four places name a cryptographic library; tests, benches, fuzz targets and interop are free.

    crypto_places.py             checks this workspace
    crypto_places.py --self-test shows that the check can fail
"""

import pathlib
import re
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent

PLACES = [
    "crates/jose-core/src/crypto/",
    "crates/oauth1-core/src/signature/",
    "crates/protocol-core/src/digest.rs",
    "crates/client-registry/src/login/seal.rs",
]
LIBRARIES = """
    aws-lc-rs aws-lc-sys aws-lc-fips-sys ring boring openssl openssl-sys
    rsa dsa ecdsa ed25519 ed25519-dalek x25519-dalek curve25519-dalek elliptic-curve p256 p384 p521 k256
    hmac sha1 sha2 sha3 md-5 digest hkdf pbkdf2 scrypt argon2 blake2 blake3
    aes aes-kw aes-gcm cbc ctr chacha20 chacha20poly1305 cipher aead crypto-common signature
    pkcs1 pkcs8 spki sec1 der pem-rfc7468 orion sodiumoxide libsodium-sys dryoc
    jsonwebtoken josekit jose-jwk biscuit
""".split()
# Also everyday names of modules: looked for in the manifests alone.
EVERYDAY = {"aead", "cipher", "digest", "signature", "orion", "der"}
NAMES = "|".join(sorted((n.replace("-", "_") for n in LIBRARIES if n not in EVERYDAY), key=len, reverse=True))
# A path that starts with the library's name: `use ring::..`, `ring::hmac`, `extern crate ring`.
NAMED = re.compile(rf"(?<![\w:.])(?:::)?({NAMES})::|\b(?:use|extern crate) ({NAMES})\b")


def named(root):
    """Lines outside PLACES that name a library."""
    for path in sorted(p for top in ("crates", "examples") for p in (root / top).glob("*/src/**/*.rs")):
        place = path.relative_to(root).as_posix()
        if place.startswith(tuple(PLACES)):
            continue
        text = path.read_text()
        own = set(re.findall(r"^\s*(?:pub(?:\([^)]*\))? )?mod (\w+)", text, re.M))
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("//"):
                continue
            for found in NAMED.finditer(line):
                library = found[1] or found[2]
                if library not in own:
                    yield f"{place}:{number}: names {library}; only these may: {', '.join(PLACES)}"


def depended(root):
    """Crates that depend on a library and have no place for it."""
    homes = {place.split("/")[1] for place in PLACES}
    for path in sorted(p for top in ("crates", "examples") for p in (root / top).glob("*/Cargo.toml")):
        crate = path.parent.name
        if crate in homes:
            continue
        for library in tomllib.loads(path.read_text()).get("dependencies", {}):
            if library in LIBRARIES:
                yield f"{path.relative_to(root)}: depends on {library}; only {', '.join(sorted(homes))} may"


def check(root):
    return [*named(root), *depended(root)]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)

        def plant(place, text):
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            return check(root)

        for place in PLACES:
            place += "x.rs" if place.endswith("/") else ""
            assert not plant(place, "use aws_lc_rs::hmac;\n"), place
        source = "crates/oidc-core/src/keys.rs"
        for innocent in ["// ring::hmac\n", "use crate::ring::Buffer;\n", "mod rsa;\nfn f() { rsa::g() }\n", "let ring = 1;\n"]:
            assert not plant(source, innocent), innocent
        for fault in ["use ring::hmac;\n", "fn f() { sha2::Sha256::new() }\n", "use ::rsa::RsaPublicKey;\n", "use openssl as tls;\n"]:
            assert plant(source, fault), fault
        plant(source, "")
        assert plant("crates/oidc-core/Cargo.toml", "[dependencies]\nring.workspace = true\n")
        assert not plant("crates/oidc-core/Cargo.toml", "[dev-dependencies]\nring = '0.17'\n")
    print("crypto_places: the check fails on a planted fault")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    else:
        found = check(ROOT)
        sys.exit("\n".join(found) if found else 0)
