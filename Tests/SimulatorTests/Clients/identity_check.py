"""Discovery, tokens and their signatures, read by joserfc and PyJWT."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import jwt
from joserfc import jwt as jose
from joserfc.jwk import KeySet

issuer = os.environ["IDENTITY_URL"]


def get(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {})) as reply:
        return json.load(reply)


def post(url, **form):
    request = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


discovery = get(issuer + "/.well-known/openid-configuration")
assert discovery["issuer"] == issuer, discovery
keys = get(discovery["jwks_uri"])
assert [key["use"] for key in keys["keys"]] == ["sig"], keys
token_url = discovery["token_endpoint"]

roles = {"vera": "viewer", "dana": "deployer", "ada": "admin", "alan": "admin"}
for name, role in roles.items():
    status, answer = post(token_url, grant_type="password", client_id="deploycenter-dashboard", username=name, password=name)
    assert status == 200, answer
    token = answer["access_token"]
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token).key
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="deploycenter-api", issuer=issuer)
    assert claims["realm_access"]["roles"] == [role] and claims["preferred_username"] == name, claims
    assert claims["typ"] == "Bearer" and claims["azp"] == "deploycenter-dashboard", claims
    assert {"sub", "sid", "jti", "iat", "exp", "email", "name"} <= claims.keys(), claims
    joserfc_claims = jose.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert joserfc_claims == claims, joserfc_claims
    person = get(discovery["userinfo_endpoint"], {"Authorization": "Bearer " + token})
    assert person["sub"] == claims["sub"], person

status, again = post(token_url, grant_type="refresh_token", client_id="deploycenter-dashboard", refresh_token=answer["refresh_token"])
assert status == 200 and jwt.decode(again["access_token"], options={"verify_signature": False})["preferred_username"] == "alan"
status, machine = post(token_url, grant_type="client_credentials", client_id="deploycenter-ci", client_secret="sandbox-ci-secret")
assert status == 200 and jwt.decode(machine["access_token"], options={"verify_signature": False})["client_id"] == "deploycenter-ci"
ready = jwt.decode(os.environ["READY_TOKEN"], key, algorithms=["RS256"], audience="deploycenter-api", issuer=issuer)
assert ready["preferred_username"] == "dana" and ready["exp"] - ready["iat"] == 60, ready

assert post(token_url, grant_type="password", client_id="deploycenter-dashboard", username="ada", password="wrong") == (
    401, {"error": "invalid_grant", "error_description": "Invalid user credentials"})
assert post(token_url, grant_type="password", client_id="unknown", username="ada", password="ada")[0] == 401
assert post(token_url, grant_type="client_credentials", client_id="deploycenter-ci", client_secret="wrong")[0] == 401
assert post(token_url, client_id="deploycenter-dashboard")[1]["error"] == "invalid_request"
try:
    get(discovery["userinfo_endpoint"], {"Authorization": "Bearer " + answer["refresh_token"]})
    raise AssertionError("a refresh token is no access token")
except urllib.error.HTTPError as error:
    assert error.code == 401
