#!/usr/bin/env python3
"""Fits the weights of file ranking (index/rank/weights.h) on what bench/ranking_features wrote.

    fit.py FEATURES.jsonl [--extra MORE.jsonl] [--extra-weight .5] [--use b6,iX,...] [--seeds 4]

Model: a conditional logit over the candidate files of a query (McFadden 1974), loss = -sum y log
softmax(z), z = w . features, y split evenly over the wanted files, every corpus weighing the same;
features divided by their standard deviation; ridge on the shared weights and, stronger, on what
one-word queries add to them; sign constraints. The optimum is found by Newton steps whose quadratic
model is minimised under the constraints by coordinate descent: exact, deterministic, numpy only.

Reported: NDCG@10 by cross-validation (8 folds of whole corpora, mean over seeds), on the extra
queries by the same folds of whole packages (fitted on the other packages and all of the first
set), and fitted. Nothing is written: the weights are printed as rows for weights.h.
"""
import argparse
import json
import re
import sys

import numpy as np

FREE = {"depth", "ment", "users", "uses", "prose", "data"}
NEGATIVE = {"test", "compat", "init", "vend", "ex", "dts", "plat"}
TREE = ["users", "uses"]
RESULTS = 10


def feature_names(header):
    rows = re.findall(r'\{Feature::k\w+,\s*"(\w+)"', open(header).read())
    return rows + TREE


class Set:
    """Queries with their candidates, in one matrix."""

    def __init__(self, path):
        rows, wanted, ends, hits = [], [], [0], []
        self.corpus, self.category, self.symbol, self.targets, self.language = [], [], [], [], []
        self.query, self.similarity = [], []
        for line in open(path):
            q = json.loads(line)
            if q["category"] == "asked":
                continue
            per_target = [0] * q["targets"]
            for c in q["candidates"]:
                for t in c["file"]:
                    per_target[t] += 1
            for c in q["candidates"]:
                rows.append(c["features"])
                wanted.append(sum(1 / per_target[t] for t in c["file"]))
                hits.append(c["chunk"])
            ends.append(len(rows))
            for name in ("corpus", "category", "language", "targets", "query"):
                getattr(self, name).append(q[name])
            self.symbol.append(q["one_word"])
        self.rows = np.array(rows, np.float32)
        self.wanted = np.array(wanted, np.float32)
        self.ends = np.array(ends)
        self.hits = hits
        self.corpus, self.symbol = np.array(self.corpus), np.array(self.symbol)
        self.category, self.language = np.array(self.category), np.array(self.language)

    def __len__(self):
        return len(self.corpus)

    def ndcg(self, query, z):
        """Of the candidates in the order of their scores z; ties stay in the order of the file."""
        begin = self.ends[query]
        ranks, seen = set(), set()
        for rank, c in enumerate(np.argsort(-z, kind="stable")[:RESULTS]):
            for target in self.hits[begin + c]:
                if target not in seen:
                    seen.add(target)
                    ranks.add(rank)
        ideal = sum(1 / np.log2(i + 2) for i in range(min(RESULTS, self.targets[query])))
        return sum(1 / np.log2(r + 2) for r in ranks) / ideal


class Problem:
    """The part of sets that one fit sees."""

    def __init__(self, parts, columns, scale, fixed):
        matrices, ys, sizes, weights, offsets = [], [], [], [], []
        for data, queries, weight in parts:
            counts = {}
            usable = [q for q in queries if data.wanted[data.ends[q]:data.ends[q + 1]].sum() > 0]
            for q in usable:
                counts[data.corpus[q]] = counts.get(data.corpus[q], 0) + 1
            for q in usable:
                part = slice(data.ends[q], data.ends[q + 1])
                x = data.rows[part][:, columns] / scale
                zero = np.zeros_like(x)
                matrices.append(np.hstack([x, x if data.symbol[q] else zero]))
                offsets.append(data.rows[part] @ fixed)
                ys.append(data.wanted[part] / data.wanted[part].sum())
                sizes.append(len(x))
                weights.append(weight / counts[data.corpus[q]] / len(counts))
        self.x = np.concatenate(matrices)
        self.offset = np.concatenate(offsets)
        self.y = np.concatenate(ys)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.sizes = np.array(sizes)
        self.w = np.array(weights) / sum(weights)
        self.row_w = np.repeat(self.w, self.sizes)

    def loss(self, b, ridge, hessian=False):
        z = self.x @ b + self.offset
        top = np.maximum.reduceat(z, self.starts)
        e = np.exp(z - np.repeat(top, self.sizes))
        total = np.add.reduceat(e, self.starts)
        value = (self.w * (np.log(total) + top)).sum() - (self.row_w * self.y * z).sum()
        value += (ridge * b * b).sum()
        if not hessian:
            return value
        p = e / np.repeat(total, self.sizes) * self.row_w
        gradient = self.x.T @ (p - self.row_w * self.y) + 2 * ridge * b
        means = np.add.reduceat(self.x * p[:, None], self.starts)
        h = (self.x * p[:, None]).T @ self.x - (means / self.w[:, None]).T @ means
        return value, gradient, h + np.diag(2 * ridge)


def fit(problem, signs, ridge):
    """signs: +1, -1 or 0 (free) for each parameter."""
    b = np.zeros(len(signs))
    value = problem.loss(b, ridge)
    for _ in range(30):
        _, g, h = problem.loss(b, ridge, hessian=True)
        target = b.copy()
        slope = g.copy()  # of the quadratic model at target
        for _ in range(200):
            before = target.copy()
            for i in range(len(b)):
                new = target[i] - slope[i] / h[i, i]
                if signs[i] * new < 0:
                    new = 0
                if new != target[i]:
                    slope += h[:, i] * (new - target[i])
                    target[i] = new
            if np.abs(target - before).max() < 1e-7:
                break
        step = 1.0
        while True:
            trial = b + step * (target - b)
            trial_value = problem.loss(trial, ridge)
            if trial_value <= value or step < 1e-4:
                break
            step /= 2
        done = value - trial_value < 1e-8
        b, value = trial, trial_value
        if done:
            break
    return b


class Model:
    def __init__(self, names, use, shared=.01, symbol=.04, fixed=None):
        self.fixed = np.zeros(len(names), np.float32)  # weights that are given, not fitted
        for name, weight in (fixed or {}).items():
            self.fixed[names.index(name)] = weight
        self.columns = [names.index(n) for n in use]
        d = len(use)
        sign = [0 if n in FREE else -1 if n in NEGATIVE else 1 for n in use]
        self.signs = np.array(sign + [0] * d)
        self.ridge = np.array([shared] * d + [symbol] * d)

    def train(self, parts):
        rows = np.concatenate([data.rows for data, _, _ in parts])
        self.scale = rows[:, self.columns].std(0) + 1e-6
        b = fit(Problem(parts, self.columns, self.scale, self.fixed), self.signs, self.ridge)
        d = len(self.columns)
        self.prose = b[:d] / self.scale
        self.symbol = (b[:d] + b[d:]) / self.scale
        return self

    def scores(self, data, query):
        part = slice(data.ends[query], data.ends[query + 1])
        weights = self.symbol if data.symbol[query] else self.prose
        return data.rows[part][:, self.columns] @ weights + data.rows[part] @ self.fixed


def folds(names, seed, count=8):
    order = sorted(set(names))
    np.random.RandomState(seed).shuffle(order)
    return [set(order[i::count]) for i in range(count)]


def cross_validate(make, data, others, seeds):
    """NDCG of each query of `data`, mean over seeds, by models that have not seen its corpus."""
    result = np.zeros(len(data))
    for seed in range(seeds):
        for held in folds(data.corpus, seed):
            inside = [q for q in range(len(data)) if data.corpus[q] not in held]
            model = make().train([(data, inside, others["weight"])] + others["parts"])
            for q in range(len(data)):
                if data.corpus[q] in held:
                    result[q] += data.ndcg(q, model.scores(data, q)) / seeds
    return result


def evaluate(model, data):
    return np.array([data.ndcg(q, model.scores(data, q)) for q in range(len(data))])


def by_corpus(data, values, mask=None):
    mask = np.ones(len(data), bool) if mask is None else mask
    return {c: values[mask & (data.corpus == c)].mean() for c in sorted(set(data.corpus[mask]))}


def macro(data, values, mask=None):
    return float(np.mean(list(by_corpus(data, values, mask).values())))


def report(label, data, values):
    parts = " ".join("%s %.4f" % (c, macro(data, values, data.category == c))
                     for c in sorted(set(data.category)))
    print("%-34s %.4f  %s" % (label, macro(data, values), parts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("features")
    parser.add_argument("--extra", help="queries made from packages")
    parser.add_argument("--extra-weight", type=float, default=0.5)
    parser.add_argument("--use", help="comma-separated features; default: all with a weight")
    parser.add_argument("--add", default="", help="further features")
    parser.add_argument("--drop", default="")
    parser.add_argument("--fix", default="", help="weights that are given: test=-2.5,ex=-2")
    parser.add_argument("--ridge", type=float, default=.01)
    parser.add_argument("--symbol-ridge", type=float, default=.04)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--header", default="index/rank/weights.h")
    args = parser.parse_args()
    names = feature_names(args.header)
    use = args.use.split(",") if args.use else [n for n in names if n not in TREE]
    fixed = {n: float(w) for n, w in (pair.split("=") for pair in args.fix.split(",") if pair)}
    left_out = args.drop.split(",") + list(fixed)
    use = [n for n in use + args.add.split(",") if n and n not in left_out]
    data = Set(args.features)
    make = lambda: Model(names, use, args.ridge, args.symbol_ridge, fixed)
    everything = [(data, range(len(data)), 1.0)]
    none = {"weight": 1.0, "parts": []}
    report("cross-validated", data, cross_validate(make, data, none, args.seeds))
    if args.extra:
        extra = Set(args.extra)
        extras = [(extra, range(len(extra)), args.extra_weight)]
        report("cross-validated, with the extra", data,
               cross_validate(make, data, {"weight": 1.0, "parts": extras}, args.seeds))
        report("extra, fitted on the first alone", extra, evaluate(make().train(everything), extra))
        report("extra, packages held out", extra,
               cross_validate(make, extra, {"weight": args.extra_weight, "parts": everything}, 1))
        everything += extras
    model = make().train(everything)
    report("fitted", data, evaluate(model, data))
    for n, p, s in zip(use, model.prose, model.symbol):
        print("%-10s %7.3f %7.3f" % (n, p, s))


if __name__ == "__main__":
    sys.exit(main())
