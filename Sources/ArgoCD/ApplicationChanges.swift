package import Application
import FoundationEssentials
import HTTPClient
import HTTPTypes

/// Names of applications that have just changed, as Argo CD tells them: a hint to look, never a record.
///
/// It begins with every application there is, without saying where that list ends; changes between the list and the
/// subscription, and beyond a slow reader's buffer, are lost. Ends when the connection does: its consumer connects again,
/// and also looks without a hint from time to time.
package struct ApplicationChanges: AsyncSequence, Sendable {
    package typealias Element = String
    package typealias Failure = ProviderError

    let stream: HTTPStream

    package func makeAsyncIterator() -> Iterator { Iterator(chunks: stream.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPStream.Iterator
        var lines = LineSplitter()
        var names: [String] = []

        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(ProviderError) -> String? {
            while names.isEmpty {
                let chunk: [UInt8]?
                do {
                    chunk = try await chunks.next(isolation: actor)
                } catch {
                    throw .retryable(reason: "Argo CD's stream of changes broke: \(error)", after: nil)
                }
                guard let chunk else { return nil }
                for line in lines.take(chunk) {
                    if let name = try ArgoCDWatchLine.name(in: line) { names.append(name) }
                }
            }
            return names.removeFirst()
        }
    }
}

/// Puts chunks of any size together into lines.
package struct LineSplitter: Sendable {
    private var rest: [UInt8] = []

    package init() {}

    /// The lines that this chunk completes, without their ends and without empty ones.
    package mutating func take(_ chunk: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in chunk {
            if byte != UInt8(ascii: "\n") {
                rest.append(byte)
            } else if !rest.isEmpty {
                lines.append(rest)
                rest = []
            }
        }
        return lines
    }
}

extension ArgoCDWatchLine {
    /// The application that a line is about; nil for a line that is about none. Argo CD reports the end of its patience as a
    /// line too.
    package static func name(in line: [UInt8]) throws(ProviderError) -> String? {
        // Where the decoder stumbled helps nobody: the listener connects again.
        guard let parsed = try? JSONDecoder().decode(ArgoCDWatchLine.self, from: Data(line)) else {
            throw .retryable(reason: "Argo CD's stream of changes holds a line that is not JSON", after: nil)
        }
        if let error = parsed.error {
            throw .retryable(reason: "Argo CD ended its stream: \(error.message ?? "no explanation")", after: nil)
        }
        return parsed.result?.application?.metadata.name
    }
}

extension ArgoCD {
    /// Listens to the applications of a project. Five minutes without any change end the sequence, because a connection that
    /// a firewall dropped looks the same.
    package func changes(project: String) async throws(ProviderError) -> ApplicationChanges {
        let stream: HTTPStream
        do {
            stream = try await client.stream(
                ArgoCDCall.watch(project: project).request(for: configuration), connectTimeout: .seconds(10),
                idleTimeout: .seconds(300))
        } catch {
            throw .retryable(reason: "Argo CD's stream of changes cannot be had: \(error)", after: nil)
        }
        guard stream.head.status.kind == .successful else {
            throw ArgoCDFailure(stream.head, body: [], to: "listen to changes").providerError
        }
        return ApplicationChanges(stream: stream)
    }
}
