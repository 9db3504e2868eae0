"""A commit by PyGithub with a personal access token."""
import os

from github import Auth, Github, InputGitTreeElement

github = Github(base_url=os.environ["GITHUB_URL"], auth=Auth.Token("ghp_sandbox"), retry=None, timeout=120,
                seconds_between_requests=0, seconds_between_writes=0)
repository = github.get_repo("acme/clusters")
head = repository.get_branch("main").commit
tree = repository.create_git_tree(
    [InputGitTreeElement("apps/a.yaml", "100644", "blob", content="a: 1\n")], base_tree=head.commit.tree)
commit = repository.create_git_commit("by PyGithub", tree, [head.commit])
repository.get_git_ref("heads/main").edit(commit.sha)
assert repository.get_contents("apps/a.yaml").decoded_content == b"a: 1\n"
assert [item.path for item in repository.get_contents("")] == ["README.md", "apps"]
assert [item.commit.message for item in repository.get_commits()] == ["by PyGithub", "Initial commit"]
assert repository.compare(head.sha, "main").ahead_by == 1
assert github.get_rate_limit().resources.core.remaining < 5000
