import HTTPClient
import Logging
import Synchronization

/// Keeps what was logged, as one text a line, so that a test can look for what must not be there.
final class CapturedLog: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        kept.withLock { $0.append("\(event.level) \(event.message) \(metadata.joined(separator: " "))") }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}

/// A client for the length of a test.
@discardableResult func withClient<Result: Sendable>(
    _ configuration: CurlClient.Configuration = .init(), log: CapturedLog = CapturedLog(),
    _ body: (CurlClient) async throws -> Result
) async throws -> Result {
    _ = ProxyEnvironment.isSet
    let client = CurlClient(configuration: configuration, logger: log.logger)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}
