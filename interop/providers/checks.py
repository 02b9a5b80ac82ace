"""Checks that go on when one fails: each prints a line, and the end tells how many held."""

import sys

passed, failed = 0, 0


def check(what, call):
    global passed, failed
    try:
        call()
    except Exception as problem:  # whatever it is, the other checks go on
        failed += 1
        print(f"FAILED {what}: {type(problem).__name__} {str(problem)[:600]}")
    else:
        passed += 1
        print(f"ok {what}")


def equal(what, got, expected):
    if got != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {got!r}")


def end():
    """Ends the program, with 1 where a check failed."""
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
