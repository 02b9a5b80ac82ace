#!/usr/bin/env python3
"""Arrows between the workspace's crates point down, and the cores stay free of I/O.

    layers.py             checks this workspace
    layers.py --self-test shows that each check can fail

1. A crate depends only on crates below it (BELOW); nothing but an example depends on an example.
2. No core depends, at any depth, on an async runtime, an HTTP client or a web framework.
3. No core names a clock, a socket or a file in its code, tests aside.
4. An adapter with its HTTP client stays lighter than its peers (CRATES), and small (LINES).
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

BELOW = {
    "protocol-core": [],
    "jose-core": ["protocol-core"],
    "oauth1-core": ["protocol-core"],
    "oauth2-core": ["jose-core", "protocol-core"],
    "oidc-core": ["oauth2-core", "jose-core", "protocol-core"],
}
CORES = list(BELOW)
BELOW["client-registry"] = CORES
ORDERED = list(BELOW)
# HTTP, caches, stores, native applications; and above them the web frameworks' adapters.
for name in ("reqwest", "redis", "sqlx", "cli"):
    BELOW[f"integration-{name}"] = ORDERED
for name in ("axum", "actix-web", "rocket"):
    BELOW[f"integration-{name}"] = [*ORDERED, "integration-reqwest", "integration-redis", "integration-sqlx"]

# Crates in the tree of an adapter with integration-reqwest, itself included, are fewer than these. For
# axum: huskarl-axum with its login has 186, axum-oidc 196.
CRATES = {"integration-axum": 186, "integration-actix-web": 186, "integration-rocket": 210}

# Of an adapter's src, blank ones and comments included.
LINES = 450

IO_CRATES = re.compile(
    r"tokio|tokio-.*|async-.*|futures|futures-(executor|util|channel|io)|smol|mio|polling|"
    r"reqwest|hyper|hyper-.*|h2|h3|ureq|curl|isahc|attohttpc|minreq|surf|awc|"
    r"axum|axum-.*|tower|tower-.*|actix-.*|rocket|warp|poem|rustls|native-tls|socket2"
)
IO_NAMES = re.compile(
    r"\b(SystemTime|Instant::now|std::(net|fs|process|env)|TcpStream|UdpSocket|thread::sleep)\b"
)


def arrows(packages):
    """Problems in `packages`, a list as `cargo metadata --no-deps` gives it."""
    here = {p["name"]: p for p in packages}
    for name, package in here.items():
        if name not in BELOW and not is_example(package):
            yield f"{name}: a new crate; say in layers.py which crates are below it"
        for dependency in package["dependencies"]:
            on = dependency["name"]
            if on not in here:
                continue
            if dependency["kind"] == "dev" and name not in CORES:
                continue  # a test of the upper crates may use what it likes
            if on not in BELOW.get(name, BELOW) and not (is_example(package) and is_example(here[on])):
                yield f"{name} -> {on}: an arrow must point down"


def is_example(package):
    return "/examples/" in package["manifest_path"]


def runtimes(core, dependencies):
    """The names in `dependencies` that a core must not lean on."""
    return [f"{core} -> .. -> {d}: no I/O in a core" for d in dependencies if IO_CRATES.fullmatch(d)]


def io_names(root, core):
    """Lines of a core's code, tests and comments aside, that name a clock, a socket or a file."""
    for path in sorted((root / "crates" / core / "src").rglob("*.rs")):
        if path.name == "tests.rs" or "tests" in path.parts:
            continue
        code = re.split(r"#\[cfg\(test\)\]\s*mod \w+ \{", path.read_text())[0]
        for number, line in enumerate(code.splitlines(), 1):
            found = IO_NAMES.search(line)
            if found and not line.lstrip().startswith("//"):
                yield f"{path.relative_to(root)}:{number}: {found[0]}: no I/O and no clock in a core"


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(core):
    """Names of what `core` depends on at any depth, with all its features."""
    lines = cargo("tree", "-p", core, "-e", "normal,no-proc-macro", "--all-features", "--prefix", "none", "--format", "{p}")
    return sorted({line.split()[0] for line in lines.splitlines() if line.strip()} - {core})


def crates(name):
    """Names of `name` and whatever it depends on at any depth, by its default features."""
    lines = cargo("tree", "-p", name, "-e", "normal", "--prefix", "none", "--format", "{p}")
    return {line.split()[0] for line in lines.splitlines() if line.strip()}


def lines(name):
    """How many lines the src of `name` has."""
    return sum(len(path.read_text().splitlines()) for path in (ROOT / "crates" / name / "src").rglob("*.rs"))


def too_many(counted, written):
    """Adapters that have grown out of what CRATES and LINES allow."""
    for name, count in counted.items():
        if count >= CRATES[name]:
            yield f"{name}: {count} crates, expected fewer than {CRATES[name]}"
    for name, count in written.items():
        if count > LINES:
            yield f"{name}: {count} lines, expected at most {LINES}"


def check():
    problems = list(arrows(json.loads(cargo("metadata", "--no-deps", "--format-version", "1"))["packages"]))
    sizes = []
    for core in CORES:
        dependencies = tree(core)
        sizes.append(f"{core} {len(dependencies)}")
        problems += runtimes(core, dependencies) + list(io_names(ROOT, core))
    print("crates under each core, with all features: " + ", ".join(sizes))
    counted = {name: len(crates(name)) for name in CRATES}
    written = {name: lines(name) for name in CRATES}
    print("crates and lines of each adapter: " + ", ".join(f"{name} {counted[name]} {written[name]}" for name in CRATES))
    return problems + list(too_many(counted, written))


def self_test():
    def package(name, *dependencies, folder="crates", kind=None):
        return {
            "name": name,
            "manifest_path": f"/x/{folder}/{name}/Cargo.toml",
            "dependencies": [{"name": d, "kind": kind} for d in dependencies],
        }

    low, up, axum = package("protocol-core"), package("oidc-core"), package("integration-axum")
    demo = package("demo", "integration-axum", "oidc-core", folder="examples")
    provider = package("demo-provider", "oidc-core", folder="examples")
    demo["dependencies"] += package("", "demo-provider")["dependencies"]
    good = [package("jose-core", "protocol-core"), low, up, axum, demo, provider]
    assert not list(arrows(good)), list(arrows(good))
    for bad in [
        [package("jose-core", "oidc-core"), up],
        [package("jose-core", "oidc-core", kind="dev"), up],
        [package("jose-core", "oauth1-core"), package("oauth1-core")],
        [package("client-registry", "integration-axum"), axum],
        [package("integration-actix-web", "integration-axum"), axum],
        [package("integration-reqwest", "integration-axum"), axum],
        [package("oidc-core", "demo"), demo, axum],
        [package("surprise")],
    ]:
        assert list(arrows(bad)), bad
    assert runtimes("jose-core", ["serde", "tokio"]) and not runtimes("jose-core", ["serde", "url"])
    assert not list(too_many({"integration-axum": 185}, {"integration-axum": 450}))
    assert list(too_many({"integration-axum": 186}, {})) and list(too_many({}, {"integration-axum": 451}))
    with tempfile.TemporaryDirectory() as folder:
        planted = pathlib.Path(folder) / "crates/jose-core/src/lib.rs"
        planted.parent.mkdir(parents=True)
        planted.write_text("// SystemTime\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n")
        assert not list(io_names(pathlib.Path(folder), "jose-core"))
        planted.write_text("fn now() -> std::time::SystemTime { todo() }\n")
        assert list(io_names(pathlib.Path(folder), "jose-core"))
    print("layers: each check fails on a planted fault")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    else:
        found = check()
        sys.exit("\n".join(found) if found else 0)
