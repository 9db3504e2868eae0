import Simulators
import Testing

@Suite struct `GitHub` {
    @Test func `satisfies githubkit, whose models come from GitHub's own description`() async throws {
        try await withSimulators { try await runClient("githubkit_check.py", $0) }
    }

    @Test func `satisfies PyGithub`() async throws {
        try await withSimulators { try await runClient("pygithub_check.py", $0) }
    }

    @Test func `refuses as GitHub does`() async throws {
        try await withSimulators { try await runClient("github_refusals.py", $0) }
    }
}
