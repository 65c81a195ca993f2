#!/usr/bin/env python3
"""Fits kTopicWeights (index/rank/weights.h) on features that bench/ranking_features wrote with
--asked tools/rank/off_topic.txt:

    fit_confidence.py DEV.jsonl [--unseen PACKAGES.jsonl]

Logistic regression, the queries of the specs (nine tenths of the weight) against those asked of
every corpus; cross-validated by corpus and by asked query, eight folds. numpy only.
"""
import argparse
import json
import sys

import numpy as np

SHOWN, ON_TOPIC_WEIGHT, RIDGE = 10, 0.9, 1e-4
DEFINES = 8  # place of dAny among the features


def load(path):
    evidence, on_topic, corpus, query = [], [], [], []
    for line in open(path):
        q = json.loads(line)
        shown = q["candidates"][:SHOWN]
        most = lambda value: max([value(c) for c in shown], default=0)
        evidence.append([most(lambda c: c["cosine"]), most(lambda c: c["coverage"]),
                         most(lambda c: c["features"][DEFINES]), 1])
        on_topic.append(q["category"] != "asked")
        corpus.append(q["corpus"])
        query.append(q["query"])
    return np.array(evidence), np.array(on_topic), np.array(corpus), np.array(query)


def probability(evidence, b):
    return 1 / (1 + np.exp(-evidence @ b))


def fit(x, y):
    w = np.where(y, ON_TOPIC_WEIGHT / y.sum(), (1 - ON_TOPIC_WEIGHT) / (~y).sum())
    b = np.zeros(x.shape[1])
    for _ in range(60):  # Newton; converges in about ten steps
        p = probability(x, b)
        gradient = x.T @ (w * (p - y)) + 2 * RIDGE * b
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + 2 * RIDGE * np.eye(len(b))
        b -= np.linalg.solve(hessian, gradient)
    return b


def cross_validate(x, y, corpus, query, count=8):
    order = np.random.RandomState(0)
    corpora, asked = sorted(set(corpus)), sorted(set(query[~y]))
    order.shuffle(corpora)
    order.shuffle(asked)
    result = np.full(len(y), np.nan)
    for i in range(count):
        of_corpus = np.isin(corpus, corpora[i::count])
        of_query = y | np.isin(query, asked[i::count])
        model = fit(x[~of_corpus & (y | ~of_query)], y[~of_corpus & (y | ~of_query)])
        held = of_corpus & of_query
        result[held] = probability(x[held], model)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("features")
    parser.add_argument("--unseen")
    args = parser.parse_args()
    x, y, corpus, query = load(args.features)
    p = cross_validate(x, y, corpus, query)
    judged = ~np.isnan(p)
    print("cross-validated: on topic, rejected %.4f; off topic, accepted %.4f" %
          ((p[y & judged] < .5).mean(), (p[~y & judged] >= .5).mean()))
    b = fit(x, y)
    if args.unseen:
        print("unseen, rejected %.4f" % (probability(load(args.unseen)[0], b) < .5).mean())
    print("similarity %.2f, coverage %.2f, defines_name %.2f, bias %.2f" % tuple(b))


if __name__ == "__main__":
    sys.exit(main())
