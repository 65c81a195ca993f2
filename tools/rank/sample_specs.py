#!/usr/bin/env python3
"""Joins specs that `sg eval --make` wrote, one a package, into one spec with few queries of each:

    sample_specs.py OUT.json SPEC.json...

At most 40 queries of a category and 60 of a package, those with the smallest hashes; packages with
fewer than ten are left out. The file name of a spec names the package; npm-* packages, which ship
what they build beside their sources, are cut down to src or lib. Deterministic.
"""
import hashlib
import json
import os
import sys

PER_CATEGORY, PER_PACKAGE, FEWEST = 40, 60, 10


def path_of(entry):
    return entry if isinstance(entry, str) else entry["path"]


def below(entries, prefix):
    """The entries in the folder `prefix`, their paths relative to it."""
    kept = []
    for entry in entries:
        path = path_of(entry)
        if path.startswith(prefix):
            path = path[len(prefix):]
            kept.append(path if isinstance(entry, str) else {**entry, "path": path})
    return kept


def source_folder(queries, root):
    for name in ("src/", "lib/"):
        inside = sum(path_of(q["relevant"][0]).startswith(name) for q in queries)
        if os.path.isdir(os.path.join(root, name)) and inside >= FEWEST + 2:
            return name
    return None


def choose(queries, prefix):
    moved = []
    for q in queries:
        relevant = below(q["relevant"], prefix)
        if len(relevant) < len(q["relevant"]):
            continue
        q = {**q, "relevant": relevant, "hide": below(q.get("hide", []), prefix), "split": "all"}
        if not q["hide"]:
            del q["hide"]
        moved.append(q)
    moved.sort(key=lambda q: hashlib.md5(q["query"].encode()).hexdigest())
    seen, kept = {}, []
    for q in moved:
        seen[q["category"]] = seen.get(q["category"], 0) + 1
        if seen[q["category"]] <= PER_CATEGORY:
            kept.append(q)
    return kept[:PER_PACKAGE]


def main():
    out, corpora = sys.argv[1], []
    for path in sorted(sys.argv[2:]):
        spec = json.load(open(path))
        corpus = (spec.get("corpora") or [spec])[0]
        name = os.path.splitext(os.path.basename(path))[0]
        root = os.path.normpath(os.path.join(os.path.dirname(path), corpus["corpus"]))
        prefix = source_folder(corpus["queries"], root) if name.startswith("npm-") else ""
        queries = [] if prefix is None else choose(corpus["queries"], prefix)
        if len(queries) >= FEWEST:
            corpora.append({"name": name, "language": name.split("-")[0], "queries": queries,
                            "corpus": os.path.abspath(os.path.join(root, prefix)).rstrip("/")})
    spec = {"version": 1, "name": "packages", "ignore_files": False, "corpora": corpora}
    json.dump(spec, open(out, "w"))
    print(len(corpora), "packages,", sum(len(c["queries"]) for c in corpora), "queries")


if __name__ == "__main__":
    sys.exit(main())
