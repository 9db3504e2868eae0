import FoundationEssentials
import Simulators
import Testing

@Suite struct `Argo CD` {
    @Test func `behaves as its server does, in the shapes of its Swagger`() async throws {
        // A development copy beside the repository; without it the script checks behaviour alone and says so.
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let swagger = "\(root)/../shared/contracts/argocd-swagger-v3.5.1.json"
        let isThere = FileManager.default.fileExists(atPath: swagger)
        try await withSimulators { simulators in
            try await runClient(
                "argocd_check.py", simulators, environment: isThere ? ["ARGOCD_SWAGGER": swagger] : [:])
        }
    }
}
