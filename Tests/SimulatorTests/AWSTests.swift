import Simulators
import Testing

@Suite struct `AWS` {
    @Test func `satisfies boto3`() async throws {
        try await withSimulators { simulators in
            let token = try #require(try await simulators.identity.issueToken(for: "dana"))
            try await runClient("aws_check.py", simulators, environment: ["READY_TOKEN": token])
        }
    }
}
