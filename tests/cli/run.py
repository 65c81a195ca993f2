#!/usr/bin/env python3
"""Runs tests/cli/*.test: what a user types and what the screen says, against the real program.

Usage: run.py --sg PROGRAM [--update] FILE.test...

A test is a text. It runs in a fresh copy of tests/cli/project with a home folder of its own:
  # ...        a comment
  $ command    run with bash; the lines below are standard output and standard error, as they come
               ($DATA is tests/data)
  % command    the same on a terminal of 80 columns; escape characters are shown as \\e
  [exit N]     the last line of a command's output, left out for exit code 0
Times, rates, sizes of the index and hashes differ from run to run and are shown as <time>, <rate>,
<size>, <hash>; the test's folder as <dir>. --update rewrites the expectations with what came out.
Exit 0: all as written; 1: differences, printed as a diff.
"""
import argparse
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from goldens import is_as_expected  # noqa: E402
TIME_LIMIT_S = 60
VARIABLE = [
    (r"\bin [0-9.]+(e-\d+)? s\b", "in <time>"),
    (r"\b[0-9.]+ [KMG]?B/s", "<rate>"),
    (r"; index [0-9.]+ [KMG]?B", "; index <size>"),
    (r"index\.db \([0-9.]+ [KMG]?B\)", "index.db (<size>)"),
    (r'"(seconds|index_bytes|indexed_at_ms)":[0-9.e-]+', r'"\1":<number>'),
    (r'"(score|value)":-?[0-9.e-]+', r'"\1":<score>'),
    (r"\b[0-9a-f]{32}\b", "<hash>"),
]


def environment(sg, folder):
    home = folder / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if k in ("LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                                                         "UBSAN_OPTIONS", "LLVM_PROFILE_FILE", "SG_NO_ONEDNN")}
    return kept | {"PATH": f"{pathlib.Path(sg).resolve().parent}:/usr/local/bin:/usr/bin:/bin",
                   "DATA": str(HERE.parent / "data"), "HOME": str(home), "COLUMNS": "80", "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def run_piped(command, cwd, env):
    done = subprocess.run(["bash", "-c", command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIME_LIMIT_S)
    return done.stdout, done.returncode


def run_on_terminal(command, cwd, env):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe("bash", ["bash", "-c", command], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    out = b""
    while select.select([terminal], [], [], TIME_LIMIT_S)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        out += data
    os.close(terminal)
    return out.replace(b"\r\n", b"\n"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def normalise(out, folder):
    text = out.decode("utf-8", "backslashreplace").replace("\x1b", "\\e").replace("\0", "\\0")
    text = text.replace(str(folder / "project"), "<dir>").replace(str(folder), "<tmp>")
    text = text.replace(str(HERE.parent / "data"), "<data>")
    for pattern, word in VARIABLE:
        text = re.sub(pattern, word, text)
    return re.sub(r"[ \t]+$", "", text, flags=re.M)


def run_test(path, sg):
    """Returns what the test file would have to be."""
    with tempfile.TemporaryDirectory(prefix="sg-cli-") as name:
        folder = pathlib.Path(name).resolve()
        shutil.copytree(HERE / "project", folder / "project")
        (folder / "project/build").mkdir(exist_ok=True)  # ignored; git keeps no empty folder
        env = environment(sg, folder)
        result, skipping = [], False
        for line in path.read_text().splitlines():
            if line[:2] in ("$ ", "% "):
                run = run_piped if line[0] == "$" else run_on_terminal
                out, code = run(line[2:], folder / "project", env)
                result.append(line)
                result += normalise(out, folder).splitlines()
                if code != 0:
                    result.append(f"[exit {code}]")
                skipping = True
            elif line.startswith("#"):
                if skipping:
                    result.append("")
                result.append(line)
                skipping = False
            elif not skipping:
                result.append(line)
        return "\n".join(result) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sg", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("tests", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    failed = False
    for path in arguments.tests:
        if not is_as_expected(path, run_test(path, arguments.sg), arguments.update):
            failed = True
    if failed:
        print("\nIf what came out is right: tests/cli/run.py --sg PROGRAM --update FILE.test")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
