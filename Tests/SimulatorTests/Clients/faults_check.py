"""Each fault as boto3, PyGithub and plain HTTP meet it, and what the simulators count and keep meanwhile."""
import datetime
import email.utils
import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from github import Auth, Github, GithubException

urls = {name: os.environ[f"{name.upper()}_URL"] for name in ("aws", "github", "argocd")}
bucket_region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}


def admin(vendor, method, path, body=None):
    connection = http.client.HTTPConnection(urllib.parse.urlparse(urls[vendor]).netloc, timeout=20)
    connection.request(method, f"/_simulator/{path}", None if body is None else json.dumps(body))
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else None


def rules(vendor, *rules, seed=7):
    status, answer = admin(vendor, "PUT", "faults", {"seed": seed, "rules": list(rules)})
    assert status == 200, answer
    assert answer["seed"] == str(seed)


def operations(vendor):
    return admin(vendor, "GET", "inventory")[1]["operations"]


def things(vendor, match):
    return admin(vendor, "GET", f"inventory?match={match}")[1]["things"]


def client(service, attempts=1, timeout=10):
    region = "us-east-1" if service == "route53" else "eu-central-1"
    return boto3.client(
        service, region_name=region, endpoint_url=urls["aws"], aws_access_key_id="AKIASANDBOX00000001",
        aws_secret_access_key="sandbox/secret+access/key0000000000000000",
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=timeout))


def fails(kind, call, **arguments):
    try:
        call(**arguments)
    except kind as error:
        return error
    raise AssertionError(f"{kind} did not come")


def refused(call, **arguments):
    response = fails(ClientError, call, **arguments).response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def fault(operation, name, **more):
    return {"operation": operation, "fault": name, **more}


# Each of AWS' services says it in its own words.
efs, route53, s3, sts = client("efs"), client("route53"), client("s3"), client("sts")
listing = dict(FileSystemId="fs-0123456789abcdef0")
zone = dict(HostedZoneId="Z0SANDBOX00000001")
for name, ofEFS, ofRoute53, ofS3 in [
        ("refuse", (403, "AccessDeniedException"), (403, "AccessDenied"), (403, "AccessDenied")),
        ("throttle", (429, "ThrottlingException"), (400, "Throttling"), (503, "SlowDown")),
        ("server-error", (500, "InternalServerError"), (503, "ServiceUnavailable"), (500, "InternalError")),
        ("expired-credentials", (403, "ExpiredTokenException"), (403, "ExpiredToken"), (400, "ExpiredToken")),
        ("wrong-state", (409, "IncorrectFileSystemLifeCycleState"), (400, "PriorRequestNotComplete"),
         (404, "NoSuchBucket"))]:
    rules("aws", fault("efs.*", name), fault("route53.ListResourceRecordSets", name), fault("s3.GetBucketTagging", name))
    assert refused(efs.describe_access_points, **listing) == ofEFS, name
    assert refused(route53.list_resource_record_sets, **zone) == ofRoute53, name
    assert refused(s3.get_bucket_tagging, Bucket="none") == ofS3, name
    # Once is once.
    efs.describe_access_points(**listing)

# A lost reply: the bucket is there, and the next try says so.
rules("aws", fault("s3.CreateBucket", "cut-reply"))
fails(ConnectionClosedError, s3.create_bucket, Bucket="dc-cut", **bucket_region)
assert refused(s3.create_bucket, Bucket="dc-cut", **bucket_region) == (409, "BucketAlreadyOwnedByYou")
assert operations("aws")["s3.CreateBucket"] == {"received": 2, "applied": 1}
assert [thing["kind"] for thing in things("aws", "dc-cut")] == ["s3.Bucket"]

# A repeated request: what the sender sees is the second answer.
rules("aws", fault("s3.CreateBucket", "answer-twice", match="dc-twice"))
s3.create_bucket(Bucket="dc-other", **bucket_region)
assert refused(s3.create_bucket, Bucket="dc-twice", **bucket_region) == (409, "BucketAlreadyOwnedByYou")

# Silence, and an answer that is only late.
rules("aws", fault("s3.HeadBucket", "never-answer"))
fails(ReadTimeoutError, client("s3", timeout=1).head_bucket, Bucket="dc-cut")
rules("aws", fault("s3.HeadBucket", "slow", seconds=2))
fails(ReadTimeoutError, client("s3", timeout=1).head_bucket, Bucket="dc-cut")
s3.head_bucket(Bucket="dc-cut")

# A minute-old replica knows none of the buckets; writes are not struck by it.
rules("aws", fault("s3.*", "stale-read", times="ever"))
assert refused(s3.head_bucket, Bucket="dc-cut")[0] == 404
s3.put_bucket_tagging(Bucket="dc-cut", Tagging={"TagSet": [{"Key": "deploycenter:deployment", "Value": "a"}]})
rules("aws")
assert things("aws", "dc-cut")[0]["tags"] == {"deploycenter:deployment": "a"}

# A clock that is ahead shows in the refusal and in its date, by which clients set theirs right.
rules("aws", fault("s3.ListBuckets", "clock-skew"))
response = fails(ClientError, s3.list_buckets).response
assert response["Error"]["Code"] == "RequestTimeTooSkewed"
date = email.utils.parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"])
ahead = (date - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
assert 1190 < ahead < 1205, ahead
s3.list_buckets()

# Chance comes again with its seed.
def drawn(seed):
    rules("aws", fault("sts.GetCallerIdentity", "refuse", times="ever", probability=0.5), seed=seed)
    def passes():
        try:
            sts.get_caller_identity()
            return "+"
        except ClientError:
            return "-"
    return "".join(passes() for _ in range(24))

assert drawn(11) == drawn(11) != drawn(12)
assert {"+", "-"} == set(drawn(11))
shown = admin("aws", "GET", "faults")[1]
assert shown["rules"][0]["struck"] == drawn(11).count("-"), shown
rules("aws")

# GitHub.
github = Github(base_url=urls["github"], auth=Auth.Token("ghp_sandbox"), retry=None, timeout=2,
                seconds_between_requests=0, seconds_between_writes=0)
repository = github.get_repo("acme/clusters")


def reading():
    return repository.get_git_ref("heads/main")


rules("github", fault("github.getRef", "throttle", seconds=3))
error = fails(GithubException, reading)
assert error.status == 403 and "secondary rate limit" in error.data["message"] and error.headers["retry-after"] == "3"
rules("github", fault("github.getRef", "expired-credentials"))
assert fails(GithubException, reading).status == 401
rules("github", fault("github.getRef", "server-error"))
assert fails(GithubException, reading).status == 502
head = reading()
commit = repository.get_git_commit(head.object.sha)
rules("github", fault("github.createCommit", "cut-reply"), fault("github.updateRef", "wrong-state", skip=1))
fails(Exception, repository.create_git_commit, message="lost", tree=commit.tree, parents=[commit])
made = repository.create_git_commit("made", commit.tree, [commit])
head.edit(made.sha)
assert "not a fast forward" in fails(GithubException, head.edit, sha=made.sha).data["message"]
rules("github", fault("github.getRef", "stale-read"))
assert reading().object.sha != made.sha
assert reading().object.sha == made.sha
assert [thing["subject"] for thing in things("github", made.sha)] == ["made"]

# Argo CD.
def argo(method, path, body=None):
    request = urllib.request.Request(
        f"{urls['argocd']}/api/v1{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer argocd-sandbox", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


assert argo("POST", "/applications?validate=false", {
    "metadata": {"name": "acme", "labels": {"deploycenter.io/deployment": "acme"}},
    "spec": {"project": "default", "destination": {"name": "in-cluster", "namespace": "acme"},
             "source": {"repoURL": "https://github.com/acme/clusters", "path": ".", "targetRevision": "main"}}})[0] == 200
for name, status, code in [("refuse", 403, 7), ("throttle", 429, 8), ("server-error", 503, 14),
                           ("expired-credentials", 401, 16), ("wrong-state", 400, 9)]:
    rules("argocd", fault("argocd.sync", name))
    answer = argo("POST", "/applications/acme/sync", {})
    assert (answer[0], answer[1]["code"]) == (status, code), answer
rules("argocd", fault("argocd.get", "wrong-state"))
assert argo("GET", "/applications/acme")[1]["status"]["health"]["status"] == "Progressing"
assert things("argocd", "acme")[0]["tags"] == {"deploycenter.io/deployment": "acme"}
rules("argocd", fault("argocd.delete", "cut-reply"))
fails(Exception, argo, method="DELETE", path="/applications/acme")
assert things("argocd", "acme") == []

# Everything that is wrong with a body is told at once.
status, answer = admin("aws", "PUT", "faults", {"seed": -1, "rules": [
    {"operation": "efs.CreateBucket", "fault": "burn", "times": 0, "probability": 2}, {"colour": "red"}]})
problems = "\n".join(answer["problems"])
assert status == 400 and len(answer["problems"]) == 7, answer
for text in ["seed", "rules[0].operation", "rules[0].fault", "rules[0].times", "rules[0].probability", "rules[1].colour",
             "rules[1].fault, status"]:
    assert text in problems, (text, problems)
assert admin("aws", "POST", "faults", {"status": 12})[0] == 400
