"""Expected output in files that a person can read; `--update` of the scripts here rewrites it."""

import difflib
import sys


def is_as_expected(path, actual, update):
    """Compares `actual` with the text of `path` (none: empty). Rewrites the file if `update` is
    true, else prints the difference and returns False."""
    expected = path.read_text() if path.exists() else ""
    if expected == actual:
        return True
    if update:
        path.write_text(actual)
        print(f"{path.name}: rewritten")
        return True
    sys.stdout.writelines(difflib.unified_diff(
        expected.splitlines(True), actual.splitlines(True), f"{path.name} (expected)",
        f"{path.name} (came out)"))
    return False
