#!/usr/bin/env python3
"""Turns the annotations of the public semble code-search benchmark into a spec of `sg eval`.

Usage: convert_public.py ANNOTATIONS.json [-o eval/public_queries.json]
       convert_public.py --needed [eval/public_queries.json]

ANNOTATIONS.json is a list of {name, language, github, revision, root, queries: [{query, relevant,
secondary, category}]}. Paths of targets are matched by suffix, as the benchmark's own harness does
(some are relative to `root`, most to the repository). --needed fetches nothing: it says which
repositories at which revision belong where, and which of them are there.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "eval/public_queries.json"
FOLDER = "corpora/fetched/public"  # relative to eval/


def targets(entries):
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif entry.get("start_line") is None or entry.get("end_line") is None:
            yield entry["path"]
        else:
            yield {key: entry[key] for key in ("path", "start_line", "end_line")}


def query(entry):
    text = entry["query"]
    guessed = ("symbol" if " " not in text.strip()
               else "architecture" if text.lower().startswith("how ") else "semantic")
    return {"query": text,
            "relevant": list(targets(entry.get("relevant", []))),
            "secondary": list(targets(entry.get("secondary", []))),
            "category": entry.get("category") or guessed}


def corpus(repository):
    place = f"{FOLDER}/{repository['name']}"
    if repository.get("root"):
        place += "/" + repository["root"]
    queries = [query(entry) for entry in repository["queries"]]
    for entry in queries:
        if not entry["secondary"]:
            del entry["secondary"]
    return {"name": repository["name"], "corpus": place, "language": repository["language"],
            "github": repository["github"], "revision": repository["revision"],
            "root": repository.get("root") or "", "queries": queries}


def convert(repositories):
    return {
        "version": 1,
        "name": "public",
        "description": f"{len(repositories)} repositories of the semble code-search benchmark",
        "source": "semble (github.com/MinishLab/semble), benchmarks/annotations",
        "license": "MIT; the repositories are not part of the set",
        "how_to_get": "see: tools/eval/convert_public.py --needed",
        "path_match": "suffix",
        "corpora": [corpus(repository) for repository in repositories],
    }


def write(spec, path):
    """One query a line: a changed label is a one-line diff."""
    head = {key: value for key, value in spec.items() if key != "corpora"}
    text = json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "corpora": [\n'
    blocks = []
    for entry in spec["corpora"]:
        fields = {key: value for key, value in entry.items() if key != "queries"}
        lines = ",\n".join("   " + json.dumps(q, ensure_ascii=False) for q in entry["queries"])
        blocks.append("  " + json.dumps(fields, ensure_ascii=False)[:-1] +
                      ', "queries": [\n' + lines + "\n  ]}")
    path.write_text(text + ",\n".join(blocks) + "\n ]\n}\n", encoding="utf-8")


def needed(path):
    missing = 0
    for entry in json.loads(path.read_text(encoding="utf-8"))["corpora"]:
        there = (path.parent / entry["corpus"]).is_dir()
        missing += not there
        print(f"{'there  ' if there else 'missing'} https://github.com/{entry['github']} "
              f"{entry['revision']} -> {path.parent.name}/{FOLDER}/{entry['name']}")
    print(f"{missing} missing. Clone each and check out its revision.", file=sys.stderr)
    return 1 if missing else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("-o", type=pathlib.Path, default=SPEC)
    parser.add_argument("--needed", action="store_true")
    arguments = parser.parse_args()
    if arguments.needed:
        return needed(arguments.file or SPEC)
    if arguments.file is None:
        parser.error("which annotations?")
    write(convert(json.loads(arguments.file.read_text(encoding="utf-8"))), arguments.o)
    return 0


if __name__ == "__main__":
    sys.exit(main())
