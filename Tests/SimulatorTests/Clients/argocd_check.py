"""Argo CD's behaviour, and the shape of each answer against the published Swagger where that file is at hand."""
import http.client
import json
import os
import subprocess
import urllib.parse

import jsonschema

address = urllib.parse.urlparse(os.environ["ARGOCD_URL"]).netloc
repository = os.environ["REPOSITORY_PATH"]
swagger = os.environ.get("ARGOCD_SWAGGER")
definitions = json.load(open(swagger))["definitions"] if swagger else None


def strict(schema):
    """Swagger allows members it does not name; a simulator must not invent any."""
    if isinstance(schema, dict):
        schema = {name: strict(value) for name, value in schema.items()}
        if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema and "allOf" not in schema:
            schema["additionalProperties"] = False
        return schema
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


if definitions:
    definitions = strict(definitions)
    definitions["v1Time"] = {"type": "string"}
    definitions["v1FieldsV1"] = {}


def conforms(value, name):
    if definitions:
        jsonschema.validate(value, {"$ref": f"#/definitions/{name}", "definitions": definitions})
    return value


token = None


def ask(method, path, body=None, content_type="application/json"):
    connection = http.client.HTTPConnection(address)
    headers = {"Content-Type": content_type} if content_type and method != "GET" else {}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
    reply = connection.getresponse()
    text = reply.read().decode()
    return reply.status, json.loads(text) if reply.getheader("content-type", "").startswith("application/json") else text


def commit(files, message="change"):
    """A commit by plain git, as anyone with a clone would make it."""
    git = ["git", "--git-dir", repository]
    env = os.environ | {"GIT_INDEX_FILE": repository + "/check-index", "GIT_AUTHOR_NAME": "c", "GIT_AUTHOR_EMAIL": "c@e", "GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@e"}
    run = lambda *a, **k: subprocess.run(git + list(a), env=env, check=True, text=True, capture_output=True, **k).stdout.strip()
    head = run("rev-parse", "main")
    run("read-tree", "main")
    for path, content in files.items():
        if content is None:
            run("update-index", "--index-info", input="0 " + "0" * 40 + "\t" + path + "\n")
        else:
            run("update-index", "--add", "--cacheinfo", "100644," + run("hash-object", "-w", "--stdin", input=content) + "," + path)
    new = run("commit-tree", run("write-tree"), "-p", head, "-m", message)
    run("update-ref", "refs/heads/main", new)
    return new


deployment = """apiVersion: apps/v1
kind: Deployment
metadata: {name: odoo}
spec:
  template: {spec: {containers: [{name: odoo, image: "odoo:%s"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: odoo, namespace: acme}
"""
ingress = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: odoo}
spec: {rules: [{host: acme.apps.example.com}]}
"""


def application(name="acme-odoo", path="apps/acme", **spec):
    source = {"repoURL": "https://github.com/acme/clusters.git", "path": path, "targetRevision": "refs/heads/main"}
    return {"metadata": {"name": name, "labels": {"customer": "acme"}},
            "spec": {"project": "customers", "source": source, "destination": {"name": "eks-production", "namespace": "acme"}} | spec}


def error(answer, status, code, text):
    assert answer[0] == status and answer[1]["code"] == code and text in answer[1]["message"], answer
    assert answer[1]["error"] == answer[1]["message"]
    conforms(answer[1], "runtimeError")


# Who calls
error(ask("GET", "/applications"), 401, 16, "no session information")
error(ask("POST", "/session", {"username": "admin", "password": "wrong"}), 401, 16, "Invalid username or password")
token = ask("POST", "/session", {"username": "admin", "password": "sandbox-admin"})[1]["token"]
assert conforms(ask("GET", "/session/userinfo")[1], "sessionGetUserInfoResponse")["username"] == "admin"
token = "argocd-sandbox"
assert ask("GET", "/session/userinfo")[1]["username"] == "deploycenter"
for method in ["POST", "DELETE"]:
    assert ask(method, "/applications/x", content_type=None)[::1] == (415, "Invalid content type\n")
assert len(conforms(ask("GET", "/clusters")[1], "v1alpha1ClusterList")["items"]) == 3
assert ask("GET", "/clusters/eks-production?id.type=name")[1]["server"] == "https://eks-production.example"
server = urllib.parse.quote("https://eks-production.example", safe="")
assert ask("GET", f"/clusters/{server}")[1]["name"] == "eks-production"

# Creation
error(ask("GET", "/applications/acme-odoo"), 403, 7, "permission denied")
error(ask("GET", "/applications/acme-odoo?project=customers"), 404, 5, "not found")
error(ask("POST", "/applications", application()), 400, 3, "app path does not exist")
first = commit({"apps/acme/odoo.yaml": deployment % "18.0", "apps/acme/ingress.yaml": ingress})
error(ask("POST", "/applications", application(project="unknown")), 400, 3, "project")
error(ask("POST", "/applications", application(destination={"name": "nowhere", "namespace": "x"})), 400, 3, "no clusters")
status, made = ask("POST", "/applications", application())
conforms(made, "v1alpha1Application")
assert status == 200 and made["status"]["sync"] == made["status"]["sync"] | {"status": "OutOfSync", "revision": first}, made
assert made["status"]["health"]["status"] == "Missing"
assert ask("POST", "/applications", application())[1]["metadata"]["uid"] == made["metadata"]["uid"]
changed = application(syncPolicy={"syncOptions": ["CreateNamespace=true"]})
error(ask("POST", "/applications", changed), 400, 3, "existing application spec is different, use upsert flag to force update")
assert ask("POST", "/applications?upsert=true", changed)[1]["metadata"]["generation"] == 2

# Sync
error(ask("POST", "/applications/acme-odoo/sync", {"revision": "no-such-branch"}), 400, 9, "Unable to resolve")
infos = [{"name": "deployment", "value": "dep-1"}]
status, running = ask("POST", "/applications/acme-odoo/sync", {"revision": first, "prune": True, "infos": infos, "project": "customers"})
conforms(running, "v1alpha1Application")
assert status == 200 and running["operation"]["info"] == infos
current = conforms(ask("GET", "/applications/acme-odoo?refresh=normal&project=customers")[1], "v1alpha1Application")
state = current["status"]["operationState"]
assert state["phase"] == "Succeeded" and state["syncResult"]["revision"] == first, state
assert state["operation"]["initiatedBy"]["username"] == "deploycenter" and state["operation"]["info"] == infos
assert {(item["kind"], item["status"]) for item in state["syncResult"]["resources"]} == {
    ("Deployment", "Synced"), ("Service", "Synced"), ("Ingress", "Synced")}
assert current["status"]["sync"]["status"] == "Synced" and current["status"]["health"]["status"] == "Healthy"
assert current["status"]["summary"] == {"images": ["odoo:18.0"], "externalURLs": ["https://acme.apps.example.com"]}
assert [item["revision"] for item in current["status"]["history"]] == [first]
tree = ask("GET", "/applications/acme-odoo/resource-tree")[1]
assert {(node["kind"], node["name"]) for node in tree["nodes"] if "parentRefs" not in node} == {
    ("Deployment", "odoo"), ("Service", "odoo"), ("Ingress", "odoo")}
assert {"ReplicaSet", "Pod"} <= {node["kind"] for node in tree["nodes"]}
managed = conforms(ask("GET", "/applications/acme-odoo/managed-resources")[1], "applicationManagedResourcesResponse")
assert json.loads(managed["items"][0]["liveState"])["metadata"]["name"] == "odoo"

# The repository moves on; a refresh notices, a stream tells.
stream = http.client.HTTPConnection(address)
stream.request("GET", "/api/v1/stream/applications?name=acme-odoo", headers={"Authorization": "Bearer " + token})
lines = stream.getresponse()
event = json.loads(lines.readline())
assert event["result"]["type"] == "ADDED" and event["result"]["application"]["metadata"]["name"] == "acme-odoo"
second = commit({"apps/acme/odoo.yaml": deployment % "19.0", "apps/acme/ingress.yaml": None})
assert ask("GET", "/applications/acme-odoo")[1]["status"]["sync"]["revision"] == first
late = ask("GET", "/applications/acme-odoo?refresh=normal")[1]["status"]
assert late["sync"]["status"] == "OutOfSync" and late["sync"]["revision"] == second
event = json.loads(lines.readline())
assert event["result"]["type"] == "MODIFIED" and event["result"]["application"]["status"]["sync"]["revision"] == second
stream.close()
events = http.client.HTTPConnection(address)
events.request("GET", "/api/v1/stream/applications", headers={"Authorization": "Bearer " + token, "Accept": "text/event-stream"})
assert events.getresponse().readline().startswith(b'data: {"result":')
events.close()

ask("POST", "/applications/acme-odoo/sync", {})
kept = ask("GET", "/applications/acme-odoo")[1]["status"]
assert kept["sync"]["status"] == "OutOfSync" and ("Ingress", "PruneSkipped") in {
    (item["kind"], item["status"]) for item in kept["operationState"]["syncResult"]["resources"]}
ask("POST", "/applications/acme-odoo/sync", {"prune": True})
assert ask("GET", "/applications/acme-odoo")[1]["status"]["sync"]["status"] == "Synced"
ask("POST", "/applications/acme-odoo/rollback", {"id": 0, "prune": True})
rolled = ask("GET", "/applications/acme-odoo")[1]["status"]
assert rolled["sync"]["status"] == "OutOfSync" and rolled["operationState"]["syncResult"]["revision"] == first
error(ask("DELETE", "/applications/acme-odoo/operation"), 400, 9, "No operation is in progress")

# What the repository says wrongly shows honestly.
commit({"apps/acme/odoo.yaml": "kind: [", "apps/acme/ingress.yaml": None})
broken = conforms(ask("GET", "/applications/acme-odoo?refresh=hard")[1], "v1alpha1Application")["status"]
assert broken["sync"]["status"] == "Unknown" and broken["conditions"][0]["type"] == "ComparisonError", broken
ask("POST", "/applications/acme-odoo/sync", {})
assert ask("GET", "/applications/acme-odoo")[1]["status"]["operationState"]["phase"] == "Error"
commit({"apps/acme/odoo.yaml": deployment % "does-not-exist"})
ask("POST", "/applications/acme-odoo/sync", {"prune": True})
assert ask("GET", "/applications/acme-odoo")[1]["status"]["health"]["status"] == "Degraded"

# What somebody does in the cluster shows, and a sync puts it right.
commit({"apps/acme/odoo.yaml": deployment % "20.0"})
ask("POST", "/applications/acme-odoo/sync", {"prune": True})
well = ask("GET", "/applications/acme-odoo?refresh=normal")[1]["status"]
assert (well["sync"]["status"], well["health"]["status"]) == ("Synced", "Healthy"), well
target = "resource?namespace=acme&resourceName=odoo&version=v1&group=apps&kind=Deployment&patchType=application/merge-patch%2Bjson"
patch = {"spec": {"template": {"spec": {"containers": [{"name": "odoo", "image": "odoo:does-not-exist"}]}}}}
conforms(ask("POST", f"/applications/acme-odoo/{target}", json.dumps(patch))[1], "applicationApplicationResourceResponse")
ill = ask("GET", "/applications/acme-odoo")[1]["status"]
assert (ill["sync"]["status"], ill["health"]["status"]) == ("OutOfSync", "Degraded"), ill
assert [item["kind"] for item in ill["resources"] if item["status"] == "OutOfSync"] == ["Deployment"]
error(ask("POST", f"/applications/acme-odoo/{target.replace('=odoo&', '=other&')}", "{}"), 400, 3, "not found as part of application")
ask("POST", "/applications/acme-odoo/sync", {})
healed = ask("GET", "/applications/acme-odoo")[1]["status"]
assert (healed["sync"]["status"], healed["health"]["status"]) == ("Synced", "Healthy"), healed
assert ask("DELETE", "/applications/acme-odoo/resource?namespace=acme&resourceName=odoo&version=v1&kind=Service") == (200, {})
assert ask("GET", "/applications/acme-odoo")[1]["status"]["health"]["status"] == "Missing"

# Auto-sync
commit({"apps/acme/odoo.yaml": deployment % "20.0"})
spec = application(syncPolicy={"automated": {"prune": True}})["spec"]
assert conforms(ask("PUT", "/applications/acme-odoo/spec?project=customers", spec)[1], "v1alpha1ApplicationSpec") == spec
automatic = ask("GET", "/applications/acme-odoo?refresh=normal")[1]["status"]
assert automatic["operationState"]["operation"]["initiatedBy"] == {"automated": True} and automatic["sync"]["status"] == "Synced"
error(ask("POST", "/applications/acme-odoo/sync", {"revision": first}), 400, 9, "auto-sync currently set to refs/heads/main")
error(ask("POST", "/applications/acme-odoo/rollback", {"id": 0}), 400, 9, "rollback cannot be initiated when auto-sync is enabled")

# Lists and removal
listed = conforms(ask("GET", "/applications?projects=customers&selector=customer%3Dacme")[1], "v1alpha1ApplicationList")
assert [item["metadata"]["name"] for item in listed["items"]] == ["acme-odoo"]
assert ask("GET", "/applications?fields=items.metadata.name,items.status.sync.status,items.status.sync")[1]["items"] == [
    {"metadata": {"name": "acme-odoo"}, "status": {"sync": {"status": "Synced"}}}]
assert ask("GET", "/applications?projects=default")[1]["items"] == []
assert ask("GET", "/applications?selector=customer%3Dother")[1]["items"] == []
error(ask("DELETE", "/applications/acme-odoo?cascade=false&propagationPolicy=foreground"), 400, 3, "propagation policy")
assert ask("DELETE", "/applications/acme-odoo?project=customers") == (200, {})
error(ask("GET", "/applications/acme-odoo?project=customers"), 404, 5, "not found")
if not definitions:
    print("answers were not compared with Argo CD's Swagger: ../shared/contracts is missing")
