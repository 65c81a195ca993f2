#!/usr/bin/env python3
"""Ranking goldens: what is found first in a small invented code base, as text that shows in a diff.

Usage: run.py --sg PROGRAM [--update]

tests/ranking/queries/*.txt, one query each: the query, its kind and the files that answer it, and
below an empty line the first five results in order, wanted ones marked with *. A wanted file that
is not among them is named with its rank below, "-" if it is not among the first ten.
statistics.txt: P@1, MRR and NDCG@10 (docs/evaluation.md), overall and by kind. No scores: they
would change with everything. --update rewrites both with what came out; then read the diff.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from goldens import is_as_expected  # noqa: E402
SHOWN = 5
RESULTS = 10


def read_query(path):
    head = path.read_text().split("\n\n", 1)[0]
    pairs = [line.split(": ", 1) for line in head.splitlines()]
    one = dict(pairs)
    return {"text": one["query"], "kind": one["kind"],
            "wanted": [value for key, value in pairs if key == "wanted"], "head": head}


def search(sg, query, cwd, env):
    # --min-score: what is hardly relevant counts, too; it decides about the order here only.
    done = subprocess.run([sg, "search", "--json", "--no-update", "-k", str(RESULTS), "--min-score",
                           "-1000", query], cwd=cwd, env=env, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"run.py: sg search failed for: {query}")
    return [result["path"] for result in json.loads(done.stdout)["results"]]


def render(query, found):
    lines = [f"{rank} {'*' if path in query['wanted'] else ' '} {path}"
             for rank, path in enumerate(found[:SHOWN], 1)]
    for path in query["wanted"]:
        if path not in found[:SHOWN]:
            lines.append(f"{found.index(path) + 1 if path in found else '-'} * {path}")
    return query["head"] + "\n\n" + "\n".join(lines) + "\n"


def scores(query, found):
    ranks = [found.index(path) + 1 for path in query["wanted"] if path in found]
    ideal = sum(1 / math.log2(i + 2) for i in range(len(query["wanted"])))
    return (float(1 in ranks), 1 / min(ranks) if ranks else 0.0,
            sum(1 / math.log2(rank + 1) for rank in ranks) / ideal)


def statistics(measured):
    lines = [f"{'':10}{'queries':>8}{'P@1':>8}{'MRR':>8}{'NDCG@10':>9}"]
    kinds = ["all"] + sorted({kind for kind, _ in measured})
    for kind in kinds:
        rows = [values for k, values in measured if kind in ("all", k)]
        means = [sum(column) / len(rows) for column in zip(*rows)]
        lines.append(f"{kind:10}{len(rows):8}{means[0]:8.2f}{means[1]:8.2f}{means[2]:9.2f}")
    return "\n".join(lines) + "\n"


def measure(sg):
    """Returns {path of a golden: what it should hold}."""
    with tempfile.TemporaryDirectory(prefix="sg-ranking-") as name:
        folder = pathlib.Path(name)
        shutil.copytree(HERE / "corpus", folder / "parcel")
        env = {k: v for k, v in os.environ.items() if not k.startswith("SG_")} | {"HOME": name}
        subprocess.run([sg, "index", "-q"], cwd=folder / "parcel", env=env, check=True)
        outputs, measured = {}, []
        for path in sorted((HERE / "queries").glob("*.txt")):
            query = read_query(path)
            found = search(sg, query["text"], folder / "parcel", env)
            outputs[path] = render(query, found)
            measured.append((query["kind"], scores(query, found)))
        outputs[HERE / "statistics.txt"] = statistics(measured)
        return outputs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sg", required=True, type=os.path.abspath)
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    failed = False
    for path, actual in measure(arguments.sg).items():
        if not is_as_expected(path, actual, arguments.update):
            failed = True
    if failed:
        print("\nIf that is better: tests/ranking/run.py --sg PROGRAM --update, and look at the diff")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
