"""EFS, Route 53, S3 and STS through boto3, which signs, retries and parses as AWS means it."""
import datetime
import hashlib
import json
import os
import time
import urllib.request

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

url = os.environ["AWS_URL"]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
key = dict(aws_access_key_id="AKIASANDBOX00000001", aws_secret_access_key="sandbox/secret+access/key0000000000000000")


def client(service, config=None, **credentials):
    config = Config(retries={"total_max_attempts": 1}).merge(config or Config())
    # Route 53 is global: its requests are signed for us-east-1, which boto3 knows only without an endpoint_url.
    region = "us-east-1" if service == "route53" else "eu-central-1"
    return boto3.client(service, region_name=region, endpoint_url=url, config=config, **(credentials or key))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response
    raise AssertionError(f"{code} did not come")


# STS
sts = client("sts")
assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/deploycenter"
web = client("sts", Config(signature_version=UNSIGNED)).assume_role_with_web_identity
role = dict(RoleArn="arn:aws:iam::123456789012:role/deploycenter", RoleSessionName="dep-1")
session = web(**role, WebIdentityToken=os.environ["READY_TOKEN"])["Credentials"]
temporary = dict(aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                 aws_session_token=session["SessionToken"])
assert client("sts", **temporary).get_caller_identity()["Arn"].endswith("assumed-role/deploycenter/dep-1")
refused("InvalidIdentityToken", web, **role, WebIdentityToken="a.b.c" * 5)

# Who may not
wrong = key | {"aws_secret_access_key": "wrong"}
refused("InvalidSignatureException", client("efs", **wrong).describe_file_systems)
refused("SignatureDoesNotMatch", client("route53", **wrong).list_hosted_zones)
refused("SignatureDoesNotMatch", client("s3", **wrong).list_buckets)
stranger = key | {"aws_access_key_id": "AKIASTRANGER"}
refused("UnrecognizedClientException", client("efs", **stranger).describe_file_systems)
refused("InvalidClientTokenId", client("route53", **stranger).list_hosted_zones)
refused("InvalidAccessKeyId", client("s3", **stranger).list_buckets)
refused("InvalidClientTokenId", client("sts", **(temporary | {"aws_session_token": "x"})).get_caller_identity)

# EFS
efs = client("efs")
assert len(efs.describe_file_systems()["FileSystems"]) == 2
system = "fs-0123456789abcdef0"
wanted = dict(FileSystemId=system, PosixUser={"Uid": 101, "Gid": 101}, Tags=[{"Key": "Name", "Value": "acme"}],
              RootDirectory={"Path": "/acme/odoo", "CreationInfo": {"OwnerUid": 101, "OwnerGid": 101, "Permissions": "0750"}})
made = efs.create_access_point(ClientToken="token-1", **wanted)
assert made["LifeCycleState"] == "available" and made["Name"] == "acme" and made["PosixUser"] == {"Uid": 101, "Gid": 101}
again = refused("AccessPointAlreadyExists", efs.create_access_point, ClientToken="token-1", **wanted)
assert again["AccessPointId"] == made["AccessPointId"] and again["ResponseMetadata"]["HTTPStatusCode"] == 409
refused("FileSystemNotFound", efs.create_access_point, ClientToken="t", FileSystemId="fs-00000000")
refused("BadRequest", efs.create_access_point, ClientToken="t", FileSystemId=system, RootDirectory={"Path": "/a/b/c/d/e"})
for number in range(2, 6):
    efs.create_access_point(ClientToken=f"token-{number}", FileSystemId=system)
pages = efs.get_paginator("describe_access_points").paginate(FileSystemId=system, PaginationConfig={"PageSize": 2})
tokens = [item["ClientToken"] for page in pages for item in page["AccessPoints"]]
assert sorted(tokens) == [f"token-{number}" for number in range(1, 6)], tokens
efs.delete_access_point(AccessPointId=made["AccessPointId"])
refused("AccessPointNotFound", efs.delete_access_point, AccessPointId=made["AccessPointId"])
refused("AccessPointNotFound", efs.describe_access_points, AccessPointId=made["AccessPointId"])

# Route 53
route53 = client("route53", **temporary)
zone = next(item["Id"] for item in route53.list_hosted_zones()["HostedZones"] if item["Name"] == "apps.example.com.")
assert route53.list_hosted_zones_by_name(DNSName="example.org")["HostedZones"][0]["Name"] == "example.org."
assert len(route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]) == 4


def record(name, kind, *values, ttl=60):
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def change(*changes):
    batch = {"Comment": "check", "Changes": [{"Action": action, "ResourceRecordSet": item} for action, item in changes]}
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


txt, cname = record("a.apps.example.com", "TXT", '"heritage=deploycenter"'), record("b.apps.example.com", "CNAME", "lb.example.net")
info = change(("CREATE", txt), ("CREATE", cname))["ChangeInfo"]
assert info["Status"] in ("PENDING", "INSYNC") and info["Id"].startswith("/change/C")
assert route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"
answer = refused("InvalidChangeBatch", lambda: change(("CREATE", record("c.apps.example.com", "A", "192.0.2.1")), ("CREATE", txt)))
assert "already exists" in answer["Error"]["Message"], answer
names = [item["Name"] for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 1})
         for item in page["ResourceRecordSets"]]
assert names == ["apps.example.com.", "apps.example.com.", "a.apps.example.com.", "b.apps.example.com."], names
refused("InvalidChangeBatch", lambda: change(("DELETE", record("b.apps.example.com", "CNAME", "other.example.net"))))
refused("InvalidChangeBatch", lambda: change(("DELETE", record("z.apps.example.com", "A", "192.0.2.1"))))
refused("InvalidChangeBatch", lambda: change(("UPSERT", record("www.elsewhere.com", "A", "192.0.2.1"))))
refused("InvalidChangeBatch", lambda: change(("UPSERT", record("b.apps.example.com", "A", "192.0.2.1"))))
refused("InvalidChangeBatch", lambda: change(("UPSERT", record("d.apps.example.com", "A", "not an address"))))
refused("InvalidChangeBatch", lambda: change(("UPSERT", record("d.apps.example.com", "TXT", "unquoted"))))
change(("DELETE", cname), ("UPSERT", record("b.apps.example.com", "A", "192.0.2.2", "192.0.2.1")))
change(("DELETE", record("b.apps.example.com", "A", "192.0.2.1", "192.0.2.2")), ("DELETE", txt))
assert len(route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]) == 2
alias = {"Name": "e.apps.example.com", "Type": "A", "AliasTarget": {"HostedZoneId": "Z1", "DNSName": "alb.example.net.", "EvaluateTargetHealth": False}}
change(("CREATE", alias))
change(("DELETE", alias))
refused("NoSuchHostedZone", route53.get_hosted_zone, Id="ZNONE")
refused("NoSuchChange", route53.get_change, Id="CNONE")

# S3
s3 = client("s3", Config(s3={"addressing_style": "path"}))
here = {"LocationConstraint": "eu-central-1"}
s3.create_bucket(Bucket="acme-odoo", CreateBucketConfiguration=here)
refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket="acme-odoo", CreateBucketConfiguration=here)
refused("BucketAlreadyExists", s3.create_bucket, Bucket="taken-by-somebody-else", CreateBucketConfiguration=here)
refused("IllegalLocationConstraintException", s3.create_bucket, Bucket="acme-two", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
refused("404", s3.head_bucket, Bucket="missing")
refused("403", s3.head_bucket, Bucket="taken-by-somebody-else")
s3.head_bucket(Bucket="acme-odoo")
assert s3.get_bucket_location(Bucket="acme-odoo")["LocationConstraint"] == "eu-central-1"
refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket="acme-odoo")
tags = [{"Key": "deployment", "Value": "a<b&c"}]
s3.put_bucket_tagging(Bucket="acme-odoo", Tagging={"TagSet": tags})
assert s3.get_bucket_tagging(Bucket="acme-odoo")["TagSet"] == tags
block = dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)
s3.put_public_access_block(Bucket="acme-odoo", PublicAccessBlockConfiguration=block)
assert s3.get_public_access_block(Bucket="acme-odoo")["PublicAccessBlockConfiguration"] == block
rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}
assert s3.get_bucket_encryption(Bucket="acme-odoo")["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
s3.put_bucket_encryption(Bucket="acme-odoo", ServerSideEncryptionConfiguration=rules)
assert s3.get_bucket_encryption(Bucket="acme-odoo")["ServerSideEncryptionConfiguration"] == rules
s3.put_bucket_versioning(Bucket="acme-odoo", VersioningConfiguration={"Status": "Enabled"})
assert s3.get_bucket_versioning(Bucket="acme-odoo")["Status"] == "Enabled"

first = s3.put_object(Bucket="acme-odoo", Key="a dir/ü+1.txt", Body=b"one", IfNoneMatch="*")
refused("PreconditionFailed", s3.put_object, Bucket="acme-odoo", Key="a dir/ü+1.txt", Body=b"two", IfNoneMatch="*")
s3.put_object(Bucket="acme-odoo", Key="a dir/ü+1.txt", Body=b"two", IfMatch=first["ETag"])
assert s3.get_object(Bucket="acme-odoo", Key="a dir/ü+1.txt")["Body"].read() == b"two"
assert s3.get_object(Bucket="acme-odoo", Key="a dir/ü+1.txt", VersionId=first["VersionId"])["Body"].read() == b"one"
assert s3.head_object(Bucket="acme-odoo", Key="a dir/ü+1.txt")["ContentLength"] == 3
assert [item["Key"] for item in s3.list_objects_v2(Bucket="acme-odoo")["Contents"]] == ["a dir/ü+1.txt"]
s3.delete_object(Bucket="acme-odoo", Key="a dir/ü+1.txt")
refused("NoSuchKey", s3.get_object, Bucket="acme-odoo", Key="a dir/ü+1.txt")
refused("BucketNotEmpty", s3.delete_bucket, Bucket="acme-odoo")
listing = s3.list_object_versions(Bucket="acme-odoo")
assert (len(listing["Versions"]), len(listing["DeleteMarkers"])) == (2, 1)
s3.delete_objects(Bucket="acme-odoo", Delete={"Objects": [
    {"Key": item["Key"], "VersionId": item["VersionId"]} for item in listing["Versions"] + listing["DeleteMarkers"]]})
s3.delete_bucket(Bucket="acme-odoo")
refused("NoSuchBucket", s3.list_objects_v2, Bucket="acme-odoo")


# What boto3 would never send: a setting without a checksum, a time an hour off.
def signed(method, path, service, region, body=b"", skew=0):
    request = AWSRequest(method, url + path, data=body, headers={"x-amz-content-sha256": hashlib.sha256(body).hexdigest()})
    auth = SigV4Auth(Credentials(*key.values()), service, region)
    stamp = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=skew)).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    canonical = auth.canonical_request(request)
    request.headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={auth.signed_headers(auth.headers_to_sign(request))}, "
        f"Signature={auth.signature(auth.string_to_sign(request, canonical), request)}")
    ask = urllib.request.Request(url + path, data=body or None, headers=dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(ask) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


s3.create_bucket(Bucket="acme-three", CreateBucketConfiguration=here)
assert signed("GET", "/acme-three?location=", "s3", "eu-central-1")[0] == 200
status, body = signed("PUT", "/acme-three?versioning=", "s3", "eu-central-1", b"<VersioningConfiguration/>")
assert status == 400 and "Missing required header" in body, body
status, body = signed("GET", "/acme-three?location=", "s3", "eu-central-1", skew=3600)
assert status == 403 and "RequestTimeTooSkewed" in body, body
status, body = signed("GET", "/2013-04-01/hostedzone", "route53", "us-east-1", skew=-3600)
assert status == 403 and "Signature expired" in body, body
status, body = signed("GET", "/acme-three?location=", "s3", "us-west-2")
assert status == 400 and "AuthorizationHeaderMalformed" in body, body
with urllib.request.urlopen(url + "/_simulator/state") as reply:
    state = json.load(reply)
assert state["accessPoints"] == 4 and state["buckets"] == ["acme-three"], state
