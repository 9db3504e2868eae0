"""The whole commit flow by githubkit: a member that GitHub's schemas require and the answer lacks is an error."""
import base64
import os
import subprocess

from githubkit import AppInstallationAuthStrategy, GitHub
from githubkit.exception import RequestFailed

url, path = os.environ["GITHUB_URL"], os.environ["REPOSITORY_PATH"]
app = AppInstallationAuthStrategy("424242", os.environ["GITHUB_APP_KEY"], 4711)
client = GitHub(app, base_url=url, http_cache=False, auto_retry=False)
github = client.rest("2026-03-10")
where = dict(owner="acme", repo="clusters")

repository = github.repos.get(**where).parsed_data
assert repository.default_branch == "main" and repository.owner.login == "acme"
head = github.git.get_ref(**where, ref="heads/main").parsed_data.object_.sha
base = github.git.get_commit(**where, commit_sha=head).parsed_data
tree = github.git.create_tree(
    **where, base_tree=base.tree.sha,
    tree=[{"path": "apps/acme/deployment.yaml", "mode": "100644", "type": "blob", "content": "kind: Größe\n"},
          {"path": "apps/acme/other.yaml", "mode": "100644", "type": "blob", "content": "b\n"}]).parsed_data
commit = github.git.create_commit(**where, message="deploy: acme\n\nRequested-by: dana", tree=tree.sha, parents=[head]).parsed_data
moved = github.git.update_ref(**where, ref="heads/main", sha=commit.sha, force=False).parsed_data
assert moved.object_.sha == commit.sha
assert subprocess.check_output(["git", "--git-dir", path, "rev-parse", "main"], text=True).strip() == commit.sha
assert subprocess.check_output(["git", "--git-dir", path, "fsck", "--strict"], text=True) == ""
shown = subprocess.check_output(["git", "--git-dir", path, "show", "main:apps/acme/deployment.yaml"], text=True)
assert shown == "kind: Größe\n", shown

names = {item.path for item in github.git.get_tree(**where, tree_sha=commit.sha, recursive="1").parsed_data.tree}
assert names == {"README.md", "apps", "apps/acme", "apps/acme/deployment.yaml", "apps/acme/other.yaml"}, names
file = github.repos.get_content(**where, path="apps/acme/deployment.yaml").parsed_data
assert base64.b64decode(file.content).decode() == "kind: Größe\n"
blob = github.git.get_blob(**where, file_sha=file.sha).parsed_data
assert base64.b64decode(blob.content) == base64.b64decode(file.content) and blob.size == len("kind: Größe\n".encode())
created = github.git.create_blob(**where, content="kind: Größe\n").parsed_data
assert created.sha == file.sha

# sha: null deletes; without base_tree only what is named remains.
smaller = github.git.create_tree(
    **where, base_tree=tree.sha, tree=[{"path": "apps/acme/other.yaml", "mode": "100644", "type": "blob", "sha": None}]).parsed_data
second = github.git.create_commit(**where, message="remove", tree=smaller.sha, parents=[commit.sha]).parsed_data
github.git.update_ref(**where, ref="heads/main", sha=second.sha)
names = {item.path for item in github.git.get_tree(**where, tree_sha=smaller.sha, recursive="1").parsed_data.tree}
assert "apps/acme/other.yaml" not in names and "README.md" in names, names
alone = github.git.create_tree(**where, tree=[{"path": "a", "mode": "100644", "type": "blob", "content": "x"}]).parsed_data
assert [item.path for item in alone.tree] == ["a"]

comparison = github.repos.compare_commits(**where, basehead=f"{head}...{second.sha}").parsed_data
assert (comparison.status, comparison.ahead_by, len(comparison.commits)) == ("ahead", 2, 2)
assert [(item.filename, item.status) for item in comparison.files] == [("apps/acme/deployment.yaml", "added")]
single = github.repos.get_commit(**where, ref=commit.sha).parsed_data
assert single.commit.message == "deploy: acme\n\nRequested-by: dana" and len(single.files) == 2
listed = github.repos.list_commits(**where, path="apps/acme/other.yaml").parsed_data
assert [item.sha for item in listed] == [second.sha, commit.sha]
assert 'rel="next"' in github.repos.list_commits(**where, per_page=1).headers["link"]
github.git.create_ref(**where, ref="refs/heads/side", sha=head)
assert github.repos.compare_commits(**where, basehead="main...side").parsed_data.status == "behind"
assert github.repos.get_branch(**where, branch="side").parsed_data.commit.sha == head
assert github.rate_limit.get().parsed_data.resources.core.limit == 5000
app_client = GitHub(app.as_app(), base_url=url)
assert app_client.rest("2026-03-10").apps.get_repo_installation(**where).parsed_data.id == 4711


def refused(status, text, call, **arguments):
    try:
        call(**where, **arguments)
    except RequestFailed as error:
        assert error.response.status_code == status and text in error.response.text, error.response.text
        return
    raise AssertionError(f"{text} was not refused")


refused(422, "Update is not a fast forward", github.git.update_ref, ref="heads/main", sha=head, force=False)
refused(422, "Reference already exists", github.git.create_ref, ref="refs/heads/side", sha=head)
refused(422, "Reference does not exist", github.git.update_ref, ref="heads/none", sha=head)
refused(422, "Object does not exist", github.git.update_ref, ref="heads/main", sha="1" * 40)
refused(404, "Not Found", github.git.get_ref, ref="heads/none")
refused(422, "GitRPC::BadObjectState", github.git.create_tree, base_tree=smaller.sha,
        tree=[{"path": "missing", "mode": "100644", "type": "blob", "sha": None}])
github.git.delete_ref(**where, ref="heads/side")
github.git.delete_ref(**where, ref="heads/main")
refused(409, "Git Repository is empty.", github.git.get_ref, ref="heads/main")
