"""A Hugging Face hub on the loopback interface, for tests: two HTTP servers, the hub itself and the
"CDN" on another port to which it redirects for large files, with faults on demand. Serves only what
it is given, stops with the test."""
import hashlib
import http.server
import json
import threading
import time
import urllib.parse

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_hash(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub:
    """repos: {"org/name": {"files": {name: bytes}, "license": str}}.
    Faults, by file name: cut (list of byte counts after which the connection ends, one an answer),
    end_at (offsets in the file before which every connection ends), wrong_hash, no_range, answers (list of (status, headers) given first), delay_s."""

    def __init__(self):
        self.repos, self.moved = {}, {}
        self.large = 1024  # files from this size on are "LFS": SHA-256, served by the CDN
        self.cut, self.answers, self.delay_s, self.end_at = {}, {}, {}, {}
        self.wrong_hash, self.wrong_bytes, self.no_range = set(), set(), set()
        self.extra_siblings, self.etag, self.needs_token = [], {}, None
        self.redirect_to = None
        self.log = []  # (server, method, path, headers)
        self.lock = threading.Lock()
        self.cdn = self._start("cdn")
        self.hub = self._start("hub")
        self.url = f"http://127.0.0.1:{self.hub.server_port}"
        self.cdn_url = f"http://127.0.0.1:{self.cdn.server_port}"

    def _start(self, name):
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def log_message(self, *_):
                pass

            def do_GET(self):
                hub.handle(name, self)

            do_HEAD = do_GET

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # clients that go away are part of the tests
                pass

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def close(self):
        for server in (self.hub, self.cdn):
            server.shutdown()
            server.server_close()

    def requests(self, server=None, method=None, part=""):
        with self.lock:
            return [entry for entry in self.log if server in (None, entry[0])
                    and method in (None, entry[1]) and part in entry[2]]

    @staticmethod
    def answer(request, status, body=b"", headers=()):
        request.send_response(status)
        headers = dict(headers)
        headers.setdefault("Content-Length", str(len(body)))
        for key, value in headers.items():
            request.send_header(key, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def handle(self, server, request):
        path = urllib.parse.urlsplit(request.path).path
        with self.lock:
            self.log.append((server, request.command, path, dict(request.headers)))
        try:
            if server == "cdn":
                self.serve_blob(request, path)
            else:
                self.serve_hub(request, path)
        except (BrokenPipeError, ConnectionResetError):
            pass
        request.wfile.flush()

    def serve_hub(self, request, path):
        parts = path.strip("/").split("/")
        if self.needs_token and request.headers.get("Authorization") != f"Bearer {self.needs_token}":
            return self.answer(request, 401, b'{"error":"Repository not found"}')
        for key in (path, parts[-1]):
            if self.answers.get(key):
                with self.lock:
                    status, headers = self.answers[key].pop(0)
                return self.answer(request, status, b"busy", headers)
        if parts[:2] == ["api", "models"] and len(parts) == 6 and parts[4] == "revision":
            return self.serve_info(request, "/".join(parts[2:4]), urllib.parse.unquote(parts[5]))
        if len(parts) >= 5 and parts[2] == "resolve":
            return self.serve_file(request, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        return self.answer(request, 404)

    def serve_info(self, request, repo, revision):
        if repo in self.moved:
            return self.answer(request, 307, headers={
                "Location": f"/api/models/{self.moved[repo]}/revision/{revision}"})
        if repo not in self.repos or revision not in ("main", "v1.0", "refs/pr/1", COMMIT):
            return self.answer(request, 404)
        names = list(self.repos[repo]["files"]) + self.extra_siblings
        info = {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": n} for n in names],
                "cardData": {"license": self.repos[repo].get("license")}}
        return self.answer(request, 200, json.dumps(info).encode(),
                           {"Content-Type": "application/json"})

    def serve_file(self, request, repo, commit, name):
        if repo in self.moved:
            return self.answer(request, 307, headers={
                "Location": f"/{self.moved[repo]}/resolve/{commit}/{name}"})
        data = self.repos.get(repo, {}).get("files", {}).get(name)
        if data is None:
            return self.answer(request, 404)
        if len(data) < self.large:
            return self.serve_bytes(request, name, data,
                                    {"ETag": '"%s"' % self.etag.get(name, git_hash(data)),
                                     "X-Repo-Commit": COMMIT})
        digest = hashlib.sha256(data if name not in self.wrong_hash else data + b"x").hexdigest()
        location = (self.redirect_to or self.cdn_url) + f"/{repo}/{name}?signature=secret"
        return self.answer(request, 302, b"moved", {
            "Location": location, "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data)),
            "X-Linked-Etag": '"%s"' % self.etag.get(name, digest), "ETag": '"other"'})

    def serve_blob(self, request, path):
        org, repo, name = path.strip("/").split("/", 2)
        if self.answers.get("cdn/" + name):
            with self.lock:
                status, headers = self.answers["cdn/" + name].pop(0)
            return self.answer(request, status, b"busy", headers)
        data = self.repos.get(f"{org}/{repo}", {}).get("files", {}).get(name)
        if data is None:
            return self.answer(request, 404)
        if name in self.wrong_bytes:
            data = bytes([data[0] ^ 1]) + data[1:]
        return self.serve_bytes(request, name, data, {"ETag": '"cdn-etag"'})

    def serve_bytes(self, request, name, data, headers):
        begin, end, asked = 0, len(data), request.headers.get("Range")
        if asked and name not in self.no_range:
            first, last = asked.removeprefix("bytes=").split("-")
            begin, end = int(first), int(last) + 1 if last else end
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
        body = data[begin:end]
        request.send_response(206 if "Content-Range" in headers else 200)
        for key, value in headers.items():
            request.send_header(key, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "HEAD":
            return
        time.sleep(self.delay_s.get(name, 0))
        with self.lock:
            cuts = self.cut.get(name, [])
            count = cuts.pop(0) if cuts else None
        for at in self.end_at.get(name, []):
            if count is None and begin <= at < end:
                count = at - begin
        if count is None:
            for at in range(0, len(body), 65536):
                request.wfile.write(body[at:at + 65536])
        else:
            request.wfile.write(body[:count])
            request.wfile.flush()
            request.close_connection = True
            request.connection.shutdown(2)
