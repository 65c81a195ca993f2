#!/usr/bin/env python3
"""Holds what the documents say about the tree. Exits 1 with one line per breach:

  - a relative link of a .md file leads to a file, and its #anchor to a heading of that file
  - a path in backticks that starts with a folder of ours exists (`index/rank/boosts.cc`; `<name>`
    and `*` stand for anything)
  - third_party_notes.md has a line for every library of tools/packages.txt and every npm package
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = "core|extract|index|eval|apps|tests|bench|cmake|tools|docs|models"
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(rf"`((?:{FOLDERS})/[^`\s:,;(]*)`")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)


def documents():
    return [p for p in list(ROOT.glob("*.md")) + list((ROOT / "docs").rglob("*.md"))]


def anchors(text):
    heads = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in heads}


def check_links(doc, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (doc.parent / path).resolve() if path else doc
        if not file.exists():
            yield f"link to {target}: no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            yield f"link to {target}: no such heading"


def check_paths(text):
    for path in PATH.findall(text):
        pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
        variants = [pattern]
        brace = re.match(r"(.*)\{([^}]*)\}(.*)", pattern)
        if brace:
            variants = [brace[1] + part + brace[3] for part in brace[2].split(",")]
        for variant in variants:
            # a program of bench/ or tests/fuzz/ may be named like its source
            if not any(any(ROOT.glob(v)) for v in (variant, variant + ".cc")):
                yield f"`{path}`: no such file"


def check_notices():
    notes = (ROOT / "third_party_notes.md").read_text()
    for line in (ROOT / "tools/packages.txt").read_text().splitlines():
        name = line.split("#")[0].split()[:1]
        if name and re.match(r"lib(?!clang)|nlohmann", name[0]) and name[0] not in notes:
            yield f"{name[0]} of tools/packages.txt has no line"
    if (ROOT / "package.json").exists():
        package = json.loads((ROOT / "package.json").read_text())
        for group in ("dependencies", "devDependencies"):
            for name in package.get(group, {}):
                if f"`{name}`" not in notes:
                    yield f"npm package {name} has no line"


def main():
    found = []
    for doc in documents():
        text = doc.read_text()
        for what in [*check_links(doc, FENCE.sub("", text)), *check_paths(FENCE.sub("", text))]:
            found.append(f"{doc.relative_to(ROOT)}: {what}")
    found += [f"third_party_notes.md: {what}" for what in check_notices()]
    print("\n".join(found) if found else f"{len(documents())} documents agree with the tree")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
