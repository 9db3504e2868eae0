import Foundation
import Subprocess

/// A self-signed certificate for 127.0.0.1 that exists for one test.
struct TestCertificate: Sendable {
    let directory: URL
    var certificatePath: String { directory.appendingPathComponent("cert.pem").path }
    var keyPath: String { directory.appendingPathComponent("key.pem").path }

    @discardableResult static func use<Result: Sendable>(
        _ body: @Sendable (TestCertificate) async throws -> Result
    ) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer {
            // What is left in the temporary directory harms nobody.
            try? FileManager.default.removeItem(at: directory)
        }
        let certificate = TestCertificate(directory: directory)
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.keyPath, "-out",
                certificate.certificatePath,
            ], output: .discarded, error: .discarded)
        guard result.terminationStatus.isSuccess else { throw CannotMake() }
        return try await body(certificate)
    }

    struct CannotMake: Error {}
}
