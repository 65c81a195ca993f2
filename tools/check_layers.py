#!/usr/bin/env python3
"""Holds the direction of dependencies (ARCHITECTURE.md, "One direction") over #include lines.

A folder includes itself and what stands to its left in a row of ORDERS. A package's header is
included only in its home. Prints one line per breach, `path:line: what`, and exits 1 if there are
any. `--self-test` checks the checker.
"""
import pathlib
import re
import sys

ORDERS = [
    ["core", "extract", "index", "eval", "apps"],
    ["core/base", "core/text", "core/kernels", "core/hub", "core/model", "core/train"],
    ["index/query", "index/rank", "index/store", "index/retrieve", "index/build", "index/search"],
]
USE_ALL = ["tests", "bench"]  # may include everything; nothing may include them
# header (regular expression) -> folders that may include it; tests and bench may include all
HOMES = [
    (r"Eigen/|unsupported/Eigen/", ["core/kernels"]),
    (r"dnnl|oneapi/dnnl", ["core/kernels"]),
    (r"hwy/", ["core/kernels"]),
    (r"tree_sitter/|tree-sitter", ["extract"]),
    (r"sqlite3", ["index/store"]),
    (r"zstd\.h|zdict\.h", ["index/store"]),
    (r"curl/|openssl/", ["core/hub"]),
    (r"CLI/", ["apps/sg"]),
]
CC_ONLY = r"nlohmann/"  # heavy headers: never in a header of ours
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def inside(path, folder):
    return path == folder or path.startswith(folder + "/")


def rank(path, order):
    return next((i for i, folder in enumerate(order) if inside(path, folder)), None)


def breach(path, quote, header):
    """Returns what is wrong with `path` including `header`, or None."""
    free = any(inside(path, folder) for folder in USE_ALL)
    if quote == '"':
        if any(inside(header, folder) for folder in USE_ALL) and not free:
            return f"{header}: nothing includes {header.split('/')[0]}/"
        for order in [] if free else ORDERS:
            mine, theirs = rank(path, order), rank(header, order)
            if mine is not None and theirs is not None and theirs > mine:
                return f"{header}: {order[mine]} may not include {order[theirs]}"
    for pattern, homes in HOMES:
        if re.match(pattern, header) and not free and not any(inside(path, h) for h in homes):
            return f"{header}: only {', '.join(homes)} may include it"
    if re.match(CC_ONLY, header) and path.endswith(".h"):
        return f"{header}: only in .cc files"
    return None


def check(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        what = match and breach(path, match[1], match[2])
        if what:
            yield f"{path}:{number}: {what}"


def self_test():
    good = [("index/rank/a.h", '"core/base/status.h"'), ("index/store/s.cc", "<sqlite3.h>"),
            ("tests/index/a_test.cc", "<sqlite3.h>"), ("extract/a.cc", "<nlohmann/json.hpp>"),
            ("index/search/a.cc", '"index/store/store.h"'), ("apps/sg/a.cc", '"eval/x.h"')]
    bad = [("core/base/a.h", '"core/text/words.h"'), ("core/model/a.cc", '"extract/chunk.h"'),
           ("index/rank/a.cc", '"index/store/store.h"'), ("index/build/a.cc", "<sqlite3.h>"),
           ("extract/a.h", "<nlohmann/json.hpp>"), ("eval/a.cc", "<CLI/CLI.hpp>"),
           ("core/model/a.cc", "<Eigen/Dense>"), ("index/a.cc", '"tests/x.h"')]
    wrong = [case for case in good if list(check(case[0], f"#include {case[1]}\n"))]
    wrong += [case for case in bad if not list(check(case[0], f"  #  include {case[1]}\n"))]
    for case in wrong:
        print("misjudged:", *case)
    return wrong


def main():
    if "--self-test" in sys.argv[1:]:
        sys.exit(1 if self_test() else 0)
    root = pathlib.Path(__file__).resolve().parent.parent
    files = [str(p.relative_to(root)) for folder in ORDERS[0] + USE_ALL
             for p in sorted((root / folder).rglob("*")) if p.suffix in (".h", ".cc")]
    found = [b for p in files for b in check(p, (root / p).read_text(errors="replace"))]
    print("\n".join(found) if found else f"{len(files)} files keep the direction of dependencies")
    sys.exit(1 if found or not files else 0)


if __name__ == "__main__":
    main()
