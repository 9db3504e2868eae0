import Simulators
import Testing

@Suite struct `Faults` {
    @Test(.timeLimit(.minutes(15))) func `show as the vendors' clients would see them`() async throws {
        try await withSimulators { try await runClient("faults_check.py", $0) }
    }
}
