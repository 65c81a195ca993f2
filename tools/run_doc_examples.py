#!/usr/bin/env python3
"""Runs the examples of a Markdown file against the real program.

Usage: run_doc_examples.py --sg PROGRAM FILE.md...

Every fenced block marked `console` is a script: a line `$ command` is run with bash, the lines
below it must appear in its output, in that order. In an expected line `...` stands for anything
and a number for any number (line numbers and scores move with the code). A command that begins
with `tools/dev` is not run here (CI runs those itself), only its subcommand must exist. All
examples run in one copy of the repository's sources, without network and with a home of their own.
Exit 0: all as written; 1: differences, printed.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```\s*$", re.M | re.S)
SKIP = shutil.ignore_patterns("build*", "node_modules", ".git", ".sg")


def parse(text):
    """Yields (line number, command, expected lines)."""
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        example = None
        for offset, content in enumerate(block[1].splitlines()):
            if content.startswith("$ "):
                if example:
                    yield example
                example = (line + offset, content[2:], [])
            elif example and content.strip() and content.strip() != "...":
                example[2].append(content.strip())
        if example:
            yield example


def matches(expected, line):
    parts = re.split(r"(\.\.\.|\d+(?:[.,]\d+)*)", " ".join(expected.split()))
    pattern = "".join(".*" if p == "..." else r"\d+(?:[.,]\d+)*" if i % 2 else re.escape(p)
                      for i, p in enumerate(parts))
    return re.fullmatch(pattern, " ".join(line.split())) is not None


def missing_line(expected, output):
    """Returns the first expected line that does not follow in `output`, or None."""
    lines = iter(output.splitlines())
    for want in expected:
        if not any(matches(want, got) for got in lines):
            return want
    return None


def dev_command_exists(command):
    usage = subprocess.run([ROOT / "tools/dev", "help"], capture_output=True, text=True).stdout
    words = command.split()
    return len(words) < 2 or re.search(rf"^  {re.escape(words[1])}\b", usage, re.M)


def run(command, folder, env):
    if command.startswith("tools/dev"):
        return None if dev_command_exists(command) else "no such command of tools/dev"
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          text=True, errors="replace")
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sg", required=True, type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    failures = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        folder = scratch / "sg"
        shutil.copytree(ROOT, folder, ignore=SKIP, symlinks=True)
        (folder / ".git").mkdir()  # the top of the project, as in a clone
        (scratch / "home").mkdir()
        env = {"PATH": f"{args.sg.resolve().parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
               "HOME": str(scratch / "home"), "NO_COLOR": "1"}
        for file in args.files:
            for line, command, expected in parse(file.read_text()):
                count += 1
                done = run(command, folder, env)
                if done is None:
                    continue
                if isinstance(done, str):
                    problem, output = done, ""
                else:
                    want = missing_line(expected, done.stdout)
                    output = done.stdout
                    problem = (f"exit status {done.returncode}" if done.returncode else
                               f"no line like: {want}" if want else None)
                if problem:
                    failures += 1
                    print(f"{file}:{line}: $ {command}\n  {problem}; it printed:")
                    print("".join(f"    {o}\n" for o in output.splitlines()[:60]))
    print(f"{count} examples, {failures} not as written")
    sys.exit(1 if failures or not count else 0)


if __name__ == "__main__":
    main()
