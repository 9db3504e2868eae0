"""Statuses, bodies and headers of GitHub's refusals, without a client that hides them."""
import http.client
import json
import os
import time
import urllib.parse

import jwt

address = urllib.parse.urlparse(os.environ["GITHUB_URL"]).netloc
key = os.environ["GITHUB_APP_KEY"]


def ask(method, path, token=None, body=None, **headers):
    connection = http.client.HTTPConnection(address)
    headers = {"User-Agent": "check", **{name.replace("_", "-"): value for name, value in headers.items() if value}}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection.request(method, path, body and json.dumps(body), {k: v for k, v in headers.items() if v != "-"})
    reply = connection.getresponse()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read().decode()


reference = "/repos/acme/clusters/git/ref/heads/main"
connection = http.client.HTTPConnection(address)
connection.putrequest("GET", reference)
connection.endheaders()
assert connection.getresponse().status == 403, "no User-Agent"

status, headers, body = ask("GET", reference)
assert status == 404 and json.loads(body)["message"] == "Not Found"
status, headers, body = ask("GET", reference, "wrong")
assert status == 401 and json.loads(body) == {
    "message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}
status, headers, body = ask("GET", reference, "ghp_sandbox")
assert status == 200 and headers["x-github-request-id"] and headers["x-ratelimit-limit"] == "5000"
remaining = int(headers["x-ratelimit-remaining"])
status, again, body = ask("GET", reference, "ghp_sandbox", If_None_Match=headers["etag"])
assert (status, body) == (304, "") and int(again["x-ratelimit-remaining"]) == remaining, (again, remaining)
assert ask("GET", "/repos/acme/other", "ghp_sandbox")[0] == 404


def app_token(**changes):
    now = int(time.time())
    return jwt.encode({"iat": now - 60, "exp": now + 540, "iss": "424242"} | changes, key, algorithm="RS256")


tokens = "/app/installations/4711/access_tokens"
status, headers, body = ask("POST", tokens, app_token())
issued = json.loads(body)
assert status == 201 and issued["permissions"]["contents"] == "write", body
assert ask("GET", reference, issued["token"])[0] == 200
for bad in [app_token(exp=int(time.time()) + 3600), app_token(exp=int(time.time()) - 300, iat=int(time.time()) - 600), app_token(iss="1"),
            app_token(iat=int(time.time()) + 600), issued["token"], None]:
    status, headers, body = ask("POST", tokens, bad)
    assert status == 401, (bad, body)
assert ask("POST", "/app/installations/1/access_tokens", app_token())[0] == 404

# A fault on demand: the reply is lost after the work was done.
connection = http.client.HTTPConnection(address)
connection.request("POST", "/_simulator/faults", json.dumps({"method": "POST", "path": "/git/blobs", "status": 502, "afterApplying": True}))
assert connection.getresponse().status == 204
assert ask("POST", "/repos/acme/clusters/git/blobs", "ghp_sandbox", {"content": "x"})[0] == 502
assert ask("POST", "/repos/acme/clusters/git/blobs", "ghp_sandbox", {"content": "x"})[0] == 201
state = json.loads(ask("GET", "/_simulator/state")[2])
assert state["commits"] == 1 and state["requestsSeen"]["POST"] >= 2, state
