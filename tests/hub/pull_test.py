#!/usr/bin/env python3
"""`sg model pull` and its kin, the real program against a hub on the loopback interface.

Usage: pull_test.py --sg PROGRAM [unittest arguments]
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hub_server import COMMIT, Hub, git_hash  # noqa: E402

SG = None
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TINY = ROOT / "tests/core/data/model2vec/wordpiece_f32"
TIME_LIMIT_S = 120


def tiny_files():
    files = {name: (TINY / name).read_bytes()
             for name in ("config.json", "tokenizer.json", "model.safetensors")}
    files["README.md"] = b"not needed"
    files["onnx/model.onnx"] = b"not needed either"
    files["pytorch_model.bin"] = b"safetensors is preferred"
    return files


class PullTest(unittest.TestCase):
    def setUp(self):
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.hub.repos["acme/tiny"] = {"files": tiny_files(), "license": "mit"}
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sg-hub-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.cache = self.dir / "hf/hub"
        self.repo = self.cache / "models--acme--tiny"
        self.snapshot = self.repo / "snapshots" / COMMIT

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items()
                if k in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",
                         "LLVM_PROFILE_FILE")}
        return kept | {"PATH": "/usr/bin:/bin", "HOME": str(self.dir), "LC_ALL": "C.UTF-8",
                       "HF_HOME": str(self.dir / "hf"), "HF_ENDPOINT": self.hub.url} | more

    def sg(self, *words, code=0, **more):
        kwargs = {k: more.pop(k) for k in ("preexec_fn", "cwd") if k in more}
        done = subprocess.run([SG, *words], env=self.environment(**more), text=True,
                              capture_output=True, timeout=TIME_LIMIT_S, cwd=kwargs.get("cwd",
                              self.dir), preexec_fn=kwargs.get("preexec_fn"))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def pull(self, *words, **more):
        return self.sg("model", "pull", *(words or ("acme/tiny",)), **more)

    def incomplete(self):
        return list((self.repo / "blobs").glob("*.incomplete"))

    # --- what is downloaded, and where it lies

    def test_places_files_as_the_hubs_cache_has_them(self):
        out = self.pull()
        self.assertIn("licence: mit", out)
        self.assertIn("acme/tiny is in " + str(self.snapshot), out)
        names = sorted(p.name for p in self.snapshot.iterdir())
        self.assertEqual(names, ["config.json", "model.safetensors", "tokenizer.json"])
        for name in names:
            link = self.snapshot / name
            self.assertTrue(link.is_symlink())
            self.assertEqual(os.readlink(link).split("/")[:3], ["..", "..", "blobs"])
            self.assertEqual(link.read_bytes(), (TINY / name).read_bytes())
        self.assertEqual((self.repo / "refs/main").read_text(), COMMIT)
        small = git_hash((TINY / "config.json").read_bytes())
        self.assertTrue((self.repo / "blobs" / small).is_file())
        self.assertEqual(self.incomplete(), [])

    def test_second_pull_downloads_nothing(self):
        self.pull()
        before = len(self.hub.requests(method="GET", part="safetensors"))
        out = json.loads(self.pull("--json", "acme/tiny").splitlines()[0])
        self.assertEqual(out["downloaded_bytes"], 0)
        self.assertEqual(len(self.hub.requests(method="GET", part="safetensors")), before)

    def test_the_model_works_by_its_repository(self):
        self.pull()
        self.assertIn("acme/tiny", self.sg("model", "list"))
        info = self.sg("model", "info", "acme/tiny")
        self.assertIn("name      acme/tiny\n", info)
        project = self.dir / "project"
        project.mkdir()
        (project / "a.py").write_text("def greet(name):\n    return 'hello ' + name\n")
        self.sg("index", "--model", "acme/tiny", cwd=project)
        self.assertIn("a.py", self.sg("search", "hello", cwd=project))  # finds the model again
        self.assertIn("model     acme/tiny", self.sg("status", cwd=project))

    def test_folders_of_stages_are_linked(self):
        files = self.hub.repos["acme/tiny"]["files"]
        files["1_Pooling/config.json"] = b"{}"
        files["2_Dense/model.safetensors"] = b"weights"
        files["2_Dense/pytorch_model.bin"] = b"same weights"
        self.pull()
        self.assertEqual((self.snapshot / "1_Pooling/config.json").read_bytes(), b"{}")
        self.assertTrue((self.snapshot / "2_Dense/model.safetensors").is_file())
        self.assertFalse((self.snapshot / "2_Dense/pytorch_model.bin").exists())

    def test_only_pytorch_weights(self):
        files = self.hub.repos["acme/tiny"]["files"]
        del files["model.safetensors"]
        self.pull()
        self.assertTrue((self.snapshot / "pytorch_model.bin").is_file())

    def test_shards(self):
        files = self.hub.repos["acme/tiny"]["files"]
        del files["model.safetensors"]
        files["model.safetensors.index.json"] = b"{}"
        files["model-00001-of-00002.safetensors"] = b"one"
        files["model-00002-of-00002.safetensors"] = b"two"
        self.pull()
        self.assertTrue((self.snapshot / "model-00002-of-00002.safetensors").is_file())
        self.assertFalse((self.snapshot / "pytorch_model.bin").exists())

    def test_revisions(self):
        self.pull("acme/tiny@v1.0")
        self.assertEqual((self.repo / "refs/v1.0").read_text(), COMMIT)
        self.assertFalse((self.repo / "refs/main").exists())
        self.pull("acme/tiny@refs/pr/1")
        self.assertEqual((self.repo / "refs/refs/pr/1").read_text(), COMMIT)
        self.sg("model", "info", "acme/tiny@" + COMMIT)
        self.assertIn("there is no model acme/tiny@v9", self.pull("acme/tiny@v9", code=2))

    def test_a_moved_repository_is_followed(self):
        self.hub.moved["acme/old"] = "acme/tiny"
        self.pull("acme/old")
        self.assertTrue((self.cache / "models--acme--old/snapshots" / COMMIT).is_dir())

    def test_cache_of_python_is_used(self):
        blobs = self.repo / "blobs"
        blobs.mkdir(parents=True)
        self.snapshot.mkdir(parents=True)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            shutil.copy(TINY / name, self.snapshot / name)  # as without symbolic links
        (self.repo / "refs").mkdir()
        (self.repo / "refs/main").write_text(COMMIT)
        self.assertIn("static table", self.sg("model", "info", "acme/tiny"))
        self.assertEqual(self.hub.requests(), [])

    def test_hub_cache_variable(self):
        self.pull(HF_HUB_CACHE=str(self.dir / "elsewhere"))
        self.assertTrue((self.dir / "elsewhere/models--acme--tiny/refs/main").is_file())
        self.assertFalse(self.cache.exists())

    # --- connections that break

    def test_goes_on_after_a_cut_connection(self):
        size = len(tiny_files()["model.safetensors"])
        self.hub.cut["model.safetensors"] = [1000, 2000]
        self.pull()
        ranges = [e[3].get("Range") for e in self.hub.requests("cdn", "GET", "safetensors")]
        self.assertEqual(ranges, [None, "bytes=1000-", "bytes=3000-"])
        self.assertGreater(size, 3000)
        self.sg("model", "verify", "acme/tiny")

    def test_gives_up_and_goes_on_next_time(self):
        self.hub.cut["model.safetensors"] = [1000] + [0] * 20
        out = self.pull(code=2)
        self.assertIn("pull again to go on", out)
        self.assertEqual([p.stat().st_size for p in self.incomplete()], [1000])
        self.assertFalse((self.snapshot / "config.json").exists())  # no half model
        self.sg("model", "info", "acme/tiny", code=2)
        self.hub.cut.clear()
        self.pull()
        self.assertEqual(self.hub.requests("cdn", "GET")[-1][3]["Range"], "bytes=1000-")
        self.sg("model", "verify", "acme/tiny")

    def test_server_without_ranges_starts_again(self):
        self.hub.no_range.add("model.safetensors")
        self.hub.cut["model.safetensors"] = [1500]
        self.pull()
        self.sg("model", "verify", "acme/tiny")

    def test_a_damaged_rest_of_an_earlier_run_is_replaced(self):
        self.hub.cut["model.safetensors"] = [1000] + [0] * 20
        self.pull(code=2)
        self.hub.cut.clear()
        self.incomplete()[0].write_bytes(b"x" * 1000)
        self.pull()
        self.sg("model", "verify", "acme/tiny")

    def test_busy_servers_are_asked_again(self):
        self.hub.answers["/acme/tiny/resolve/" + COMMIT + "/tokenizer.json"] = [
            (429, {"Retry-After": "1"}), (503, {})]
        self.hub.answers["cdn/model.safetensors"] = [(500, {}), (429, {})]
        begin = time.monotonic()
        self.pull()
        self.assertGreaterEqual(time.monotonic() - begin, 1)

    def test_a_server_that_stays_busy(self):
        self.hub.answers["main"] = [(429, {})] * 50
        out = self.pull(code=2)
        self.assertIn("too many requests", out)
        self.assertLess(len(self.hub.requests()), 10)

    def test_a_stalled_connection_ends(self):
        self.hub.delay_s["model.safetensors"] = 15
        begin = time.monotonic()
        process = subprocess.Popen([SG, "model", "pull", "acme/tiny"], stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL,
                                   env=self.environment(HF_HUB_DOWNLOAD_TIMEOUT="2"))
        while len(self.hub.requests("cdn", "GET")) < 2:  # it asks again
            self.assertLess(time.monotonic() - begin, 30)
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, err)
        self.assertLess(time.monotonic() - begin, 14)

    def test_interrupted_goes_on(self):
        self.hub.delay_s["model.safetensors"] = 15
        process = subprocess.Popen([SG, "model", "pull", "acme/tiny"], env=self.environment(),
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        while not self.hub.requests("cdn", "GET"):
            time.sleep(0.02)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, err)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertIn(b"the next run goes on", err)

    def test_nobody_listens(self):
        self.hub.close()
        out = self.pull(code=2)
        self.assertIn("cannot reach http://127.0.0.1", out)

    def test_two_at_once(self):
        self.hub.delay_s["model.safetensors"] = 1
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: self.pull(), range(2)))
        self.assertEqual(len(self.hub.requests("cdn", "GET", "safetensors")), 1)
        self.sg("model", "verify", "acme/tiny")

    # --- large files come in parts

    LARGE = random.Random(1).randbytes(40 << 20)
    PARTS = [f"bytes={k * (10 << 20)}-{(k + 1) * (10 << 20) - 1}" for k in range(3)] + [
        f"bytes={3 * (10 << 20)}-"]

    def add_large(self):
        self.hub.repos["acme/tiny"]["files"]["tokenizer.model"] = self.LARGE

    def large_ranges(self):
        return [e[3].get("Range") for e in self.hub.requests("cdn", "GET", "tokenizer.model")]

    def check_large(self):
        self.assertEqual((self.snapshot / "tokenizer.model").read_bytes(), self.LARGE)
        self.assertEqual(self.incomplete(), [])
        self.sg("model", "verify", "acme/tiny")

    def test_parts_side_by_side(self):
        self.add_large()
        out = json.loads(self.pull("--json", "acme/tiny").splitlines()[0])
        self.assertEqual(sorted(self.large_ranges()), sorted(self.PARTS))
        self.assertEqual(out["downloaded_bytes"], out["size_bytes"])
        self.check_large()

    def test_parts_with_cut_connections(self):
        self.add_large()
        self.hub.cut["tokenizer.model"] = [1000000, 0, 3000000, 500, 7000000, 1]
        self.pull()
        self.check_large()

    def break_off(self):
        """Leaves 5,000,000 bytes of each part."""
        self.add_large()
        self.hub.end_at["tokenizer.model"] = [k * (10 << 20) + 5000000 for k in range(4)]
        self.assertIn("pull again to go on", self.pull(code=2))
        self.hub.end_at.clear()
        parts = [p for p in self.incomplete() if p.stat().st_size == 5000000]
        return sorted(parts, key=lambda p: p.name)

    def test_parts_go_on_next_time(self):
        self.assertEqual(len(self.break_off()), 4)
        before = len(self.large_ranges())
        out = json.loads(self.pull("--json", "acme/tiny").splitlines()[0])
        self.assertEqual(sorted(int(r[6:].split("-")[0]) for r in self.large_ranges()[before:]),
                         [k * (10 << 20) + 5000000 for k in range(4)])
        self.assertLess(out["downloaded_bytes"], len(self.LARGE) - 20000000 + 100000)
        self.check_large()

    def test_a_damaged_part_of_an_earlier_run_is_replaced(self):
        for part in self.break_off()[1:3]:
            part.write_bytes(b"x" * 5000000)
        self.pull()
        self.check_large()

    def test_a_part_that_is_too_long_is_replaced(self):
        self.break_off()[2].write_bytes(b"x" * (11 << 20))
        self.pull()
        self.check_large()

    def test_what_python_began_is_gone_on_with(self):
        self.add_large()
        blobs = self.repo / "blobs"
        blobs.mkdir(parents=True)
        (blobs / (hashlib.sha256(self.LARGE).hexdigest() + ".incomplete")).write_bytes(
            self.LARGE[:15 << 20])  # more than the first part
        self.pull()
        self.assertEqual(self.large_ranges(), [f"bytes={15 << 20}-"])
        self.check_large()

    def test_parts_and_a_kill(self):
        self.add_large()
        for _ in range(3):
            process = subprocess.Popen([SG, "model", "pull", "acme/tiny"], env=self.environment(),
                                       stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            begin = time.monotonic()
            while not self.incomplete() and process.poll() is None:
                self.assertLess(time.monotonic() - begin, 30)
            time.sleep(0.01)
            process.kill()
            process.wait()
        self.pull()
        self.check_large()

    def test_parts_of_a_server_without_ranges(self):
        self.add_large()
        self.hub.no_range.add("tokenizer.model")
        self.hub.cut["tokenizer.model"] = [2000000, 100] * 4
        self.pull()
        self.check_large()

    def test_parts_with_wrong_bytes(self):
        self.add_large()
        self.hub.wrong_bytes.add("tokenizer.model")
        self.assertIn("the hub promises", self.pull(code=2))
        self.assertFalse((self.snapshot / "config.json").exists())
        self.assertEqual([p for p in self.incomplete() if p.stat().st_size > 1 << 20], [])

    def test_parts_of_another_place(self):
        self.add_large()
        original = self.hub.serve_bytes

        def shifted(request, name, data, headers):
            if name == "tokenizer.model" and "Range" in request.headers:
                request.headers.replace_header("Range", "bytes=7-")
            return original(request, name, data, headers)
        self.hub.serve_bytes = shifted
        self.assertIn("another part of tokenizer.model", self.pull(code=2))

    # --- hashes, hostile answers

    def test_wrong_hash(self):
        self.hub.wrong_hash.add("model.safetensors")
        out = self.pull(code=2)
        promised = re.search("the hub promises ([0-9a-f]{64})", out)[1]
        # Of other files what had arrived may stay.
        self.assertNotIn(promised, [p.stem for p in self.incomplete()])
        self.assertFalse((self.snapshot / "config.json").exists())

    def test_changed_bytes(self):
        self.hub.wrong_bytes.add("model.safetensors")
        self.assertIn("the hub promises", self.pull(code=2))

    def test_changed_small_file(self):
        self.hub.etag["config.json"] = "0" * 40
        self.assertIn("cannot download config.json", self.pull(code=2))

    def test_hostile_hashes_are_no_paths(self):
        for etag in ("../../../../evil", "x" * 64, "", "A" * 64):
            self.hub.etag["model.safetensors"] = etag
            self.assertIn("tells no hash", self.pull(code=2))
        self.assertFalse((self.dir / "evil").exists())

    def test_hostile_names_are_left_out(self):
        hostile = ["../config.json", "/etc/config.json", "1_Pooling/../../config.json", "a\0b",
                   "1_Pooling//config.json", "..", "", "1_Pooling/sub/config.json", "\x1b[2J",
                   "1_../config.json", "model-../x-of-1.safetensors"]
        self.hub.extra_siblings = hostile
        self.pull()
        self.assertEqual(len(list(self.snapshot.iterdir())), 3)
        self.assertFalse(any("etc" in e[2] or ".." in e[2] for e in self.hub.requests()))

    def test_hostile_answers(self):
        for body in (b"", b"{", b"[]", b"null", b'{"sha": "../../x", "siblings": []}',
                     b'{"sha": 5}', b'{"sha": "%s", "siblings": [1, {"rfilename": 2}]}' %
                     COMMIT.encode(), b"[" * 1000000, b"x" * (20 << 20)):
            self.hub.serve_info = lambda request, repo, revision, body=body: self.hub.answer(
                request, 200, body)
            self.pull(code=2)

    def test_an_absurd_size(self):
        original = self.hub.serve_file

        def lie(request, repo, commit, name):
            if name != "model.safetensors":
                return original(request, repo, commit, name)
            return self.hub.answer(request, 302, b"", {
                "Location": self.hub.cdn_url + "/acme/tiny/" + name, "X-Linked-Etag": "0" * 64,
                "X-Linked-Size": self.size})
        self.hub.serve_file = lie
        for self.size in ("18446744073709551615", "4398046511104", "-1", "1e3", "100"):
            self.pull(code=2)
        self.assertIn("more than the 100 bytes", self.pull(code=2))

    def test_circle(self):
        self.hub.moved["acme/tiny"] = "acme/tiny"
        self.assertIn("in a circle", self.pull(code=2))

    def test_redirects_to_files_are_refused(self):
        self.hub.redirect_to = "file:///etc/passwd"
        self.assertIn("cannot be opened", self.pull(code=2))

    def test_no_model(self):
        self.hub.repos["acme/tiny"]["files"] = {"README.md": b"x"}
        self.assertIn("no config.json", self.pull(code=2))
        self.hub.repos["acme/tiny"]["files"] = {"config.json": b"{}"}
        self.assertIn("neither model.safetensors nor pytorch_model.bin", self.pull(code=2))

    def test_names_that_are_none(self):
        for name in ("../../etc", "acme/../x", "a/b/c", "", "acme/tiny@../x", "acme/tiny@", "@x",
                     "acme--x/y", "nothing-known", "acme/.."):
            self.assertIn("is no", self.pull(name, code=2).replace("no model is known", "is no"))
        self.assertEqual(self.hub.requests(), [])

    # --- who may see what

    def test_token_goes_to_the_hub_alone(self):
        self.hub.needs_token = "hf_secret"
        out = self.pull(HF_TOKEN="hf_secret")
        self.assertNotIn("hf_secret", out)
        self.assertTrue(all(e[3].get("Authorization") == "Bearer hf_secret"
                            for e in self.hub.requests("hub")))
        self.assertTrue(self.hub.requests("cdn"))
        self.assertTrue(all("Authorization" not in e[3] for e in self.hub.requests("cdn")))

    def test_token_file(self):
        self.hub.needs_token = "hf_file"
        (self.dir / "hf").mkdir()
        (self.dir / "hf/token").write_text("hf_file\n")
        self.pull()

    def test_no_token(self):
        self.hub.needs_token = "hf_secret"
        self.assertIn("set HF_TOKEN", self.pull(code=2))
        out = self.pull(HF_TOKEN="hf_wrong", code=2)
        self.assertIn("is not accepted", out)
        self.assertNotIn("hf_wrong", out)
        out = self.pull(HF_TOKEN="bad\ntoken", code=2)
        self.assertNotIn("bad", out)

    def test_forbidden_and_missing(self):
        self.hub.answers["main"] = [(403, {}), (404, {})]
        self.assertIn("terms", self.pull(code=2))
        self.assertIn("there is no model acme/tiny", self.pull(code=2))

    def test_licence_that_forbids_commercial_use(self):
        self.hub.repos["acme/tiny"]["license"] = "cc-by-nc-4.0"
        out = self.pull(code=2)
        self.assertIn("cc-by-nc-4.0 (no commercial use)", out)
        self.assertIn("--accept-licence", out)
        self.assertEqual(self.hub.requests("cdn"), [])
        self.pull("--accept-licence", "acme/tiny")

    def test_known_model_with_such_a_licence(self):
        self.hub.repos["jinaai/jina-colbert-v2"] = {"files": tiny_files()}
        self.assertIn("cc-by-nc-4.0", self.pull("jina-colbert", code=2))
        self.pull("--accept-license", "jina-colbert")
        self.assertIn("model2vec", self.sg("model", "list", "--json"))
        self.sg("model", "info", "jina-colbert")
        self.sg("model", "info", "jina-colbert-v2")

    def test_offline(self):
        self.assertIn("sg is offline", self.pull("--offline", "acme/tiny", code=2))
        self.assertIn("HF_HUB_OFFLINE", self.pull(HF_HUB_OFFLINE="1", code=2))
        self.assertEqual(self.hub.requests(), [])
        self.pull()
        self.pull("--offline", "acme/tiny")

    def test_proxy(self):
        # The CDN's server is a proxy here: it gets the whole address.
        self.pull(code=2, http_proxy=self.hub.cdn_url)
        self.assertTrue(self.hub.requests("cdn"))
        self.assertEqual(self.hub.requests("hub"), [])

    def test_endpoint_that_is_none(self):
        self.assertIn("HF_ENDPOINT", self.pull(code=2, HF_ENDPOINT="ftp://example.org"))

    # --- the disk

    def test_full_disk(self):
        limit = 5000  # RLIMIT_FSIZE stands for a full disk; the weights are larger

        def limit_size():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        self.hub.repos["acme/tiny"]["files"]["model.safetensors"] += b"\0" * 100000
        out = self.pull(code=2, preexec_fn=limit_size)
        self.assertIn("make room", out)
        self.assertLessEqual(max(p.stat().st_size for p in self.incomplete()), limit)
        self.pull()

    def test_cache_that_cannot_be_written(self):
        (self.dir / "hf").mkdir()
        (self.dir / "hf/hub").write_text("a file")
        self.assertIn("cannot create the folder", self.pull(code=2))

    # --- upkeep

    def test_verify_finds_a_flipped_byte_and_a_missing_file(self):
        self.pull()
        self.assertIn("good", self.sg("model", "verify"))
        blob = (self.snapshot / "model.safetensors").resolve()
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.write_bytes(data)
        (self.snapshot / "tokenizer.json").resolve().unlink()
        out = self.sg("model", "verify", "acme/tiny", code=2)
        self.assertIn("BAD", out)
        self.assertIn("missing", out)
        verified = json.loads(self.sg("model", "verify", "--json", code=2))
        good = {f["name"]: f["good"] for f in verified["models"][0]["files"]}
        self.assertEqual(good, {"config.json": True, "model.safetensors": False,
                                "tokenizer.json": False})

    def test_remove(self):
        self.pull()
        outside = self.dir / "precious"
        outside.mkdir()
        (outside / "file").write_text("keep")
        (self.repo / "blobs/link").symlink_to(outside)
        self.assertIn("freed", self.sg("model", "remove", "acme/tiny"))
        self.assertFalse(self.repo.exists())
        self.assertEqual((outside / "file").read_text(), "keep")
        self.assertIn("is not in", self.sg("model", "remove", "acme/tiny", code=2))
        self.assertIn("sg model pull acme/tiny", self.sg("model", "info", "acme/tiny", code=2))

    def test_progress_on_a_terminal(self):
        files = self.hub.repos["acme/tiny"]["files"]
        files["tokenizer.model"] = b"x" * 5000000
        self.hub.cut["tokenizer.model"] = [1000000]
        self.hub.delay_s["tokenizer.model"] = 0.6
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(SG, [SG, "model", "pull", "acme/tiny"], self.environment(TERM="xterm"))
        out = b""
        while select.select([terminal], [], [], TIME_LIMIT_S)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            out += data
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, out)
        self.assertIn(b"%", out)
        self.assertIn(b"\r\x1b[K", out)


def main():
    global SG
    at = sys.argv.index("--sg")
    SG = str(pathlib.Path(sys.argv[at + 1]).resolve())
    del sys.argv[at:at + 2]
    unittest.main(verbosity=1)


if __name__ == "__main__":
    main()
