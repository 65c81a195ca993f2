#!/usr/bin/env python3
"""Fits the choice of the chunk within a file (kChunkFeatureWeights of index/rank/weights.h):

    fit_chunks.py FEATURES.jsonl... [--fix cQual=6] [--drop cKf] [--ridge .003]

FEATURES: what bench/ranking_features wrote for specs of `sg eval --make`, whose targets have lines
and whose doc comments are hidden. Of each query the best ranked file that holds the wanted lines
counts if it is among the first ten. Model: a conditional logit over the chunks of that file.
Reported: how often the chosen chunk holds the line on which the wanted definition begins - as the
chunks were ordered by the program that wrote the features, cross-validated (eight folds of whole
packages), fitted - and the weights as rows for weights.h.
"""
import argparse
import json
import re
import sys

import numpy as np

from fit import fit, folds

RESULTS = 10
NEGATIVE = {"cTest"}


def feature_names(header):
    return re.findall(r'\{ChunkFeature::k\w+,\s*"(\w+)"', open(header).read())


def read(paths):
    """[(corpus, language, order now, features, wanted)] of each query."""
    queries = []
    for path in paths:
        for line in open(path):
            q = json.loads(line)
            for c in q["candidates"][:RESULTS]:
                rows = np.array(c.get("chunks") or [], float)
                if len(rows) == 0:
                    continue
                if len(rows) > 1 and rows[:, 0].any():
                    queries.append((q["corpus"], q["language"], rows[:, 1], rows[:, 2:], rows[:, 0]))
                break
    return queries


class Problem:
    def __init__(self, queries, columns, scale, fixed):
        self.x = np.concatenate([q[3][:, columns] for q in queries]) / scale
        self.offset = np.concatenate([q[3] @ fixed for q in queries])
        self.y = np.concatenate([q[4] / q[4].sum() for q in queries])
        self.sizes = np.array([len(q[4]) for q in queries])
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.count = len(queries)

    def loss(self, b, ridge, hessian=False):
        z = self.x @ b + self.offset
        top = np.maximum.reduceat(z, self.starts)
        e = np.exp(z - np.repeat(top, self.sizes))
        total = np.add.reduceat(e, self.starts)
        value = ((np.log(total) + top).sum() - self.y @ z) / self.count + (ridge * b * b).sum()
        if not hessian:
            return value
        p = e / np.repeat(total, self.sizes)
        gradient = self.x.T @ (p - self.y) / self.count + 2 * ridge * b
        means = np.add.reduceat(self.x * p[:, None], self.starts)
        h = ((self.x * p[:, None]).T @ self.x - means.T @ means) / self.count
        return value, gradient, h + np.diag(2 * ridge)


def train(queries, names, use, fixed, ridge):
    columns = [names.index(n) for n in use]
    scale = np.concatenate([q[3][:, columns] for q in queries]).std(0) + 1e-6
    signs = np.array([-1 if n in NEGATIVE else 1 for n in use])
    b = fit(Problem(queries, columns, scale, fixed), signs, np.full(len(use), ridge))
    weights = fixed.copy()
    weights[columns] = b / scale
    return weights


def hits(queries, weights=None):
    return np.array([q[4][np.argmax(q[2] if weights is None else q[3] @ weights)] for q in queries])


def report(label, queries, values):
    languages = np.array([q[1] for q in queries])
    parts = " ".join("%s %.3f" % (l, values[languages == l].mean()) for l in sorted(set(languages)))
    print("%-16s %.4f  %s" % (label, values.mean(), parts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("features", nargs="+")
    parser.add_argument("--fix", default="cQual=6")
    parser.add_argument("--drop", default="")
    parser.add_argument("--ridge", type=float, default=.003)
    parser.add_argument("--header", default="index/rank/weights.h")
    args = parser.parse_args()
    names = feature_names(args.header)
    fixed = np.zeros(len(names))
    given = {n: float(w) for n, w in (p.split("=") for p in args.fix.split(",") if p)}
    for name, weight in given.items():
        fixed[names.index(name)] = weight
    use = [n for n in names if n not in given and n not in args.drop.split(",")]
    queries = read(args.features)
    corpora = np.array([q[0] for q in queries])
    print(len(queries), "queries")
    report("now", queries, hits(queries))
    values = np.zeros(len(queries))
    for held in folds(corpora, 0):
        inside = [q for q in queries if q[0] not in held]
        weights = train(inside, names, use, fixed, args.ridge)
        mask = np.isin(corpora, list(held))
        values[mask] = hits([q for q in queries if q[0] in held], weights)
    report("cross-validated", queries, values)
    weights = train(queries, names, use, fixed, args.ridge)
    report("fitted", queries, hits(queries, weights))
    for name, weight in zip(names, weights):
        print("%-8s %7.2f" % (name, weight))


if __name__ == "__main__":
    sys.exit(main())
