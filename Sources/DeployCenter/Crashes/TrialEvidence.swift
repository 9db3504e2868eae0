import Application
import EventSourcing
import PostgresTransparencyLog
import Foundation
import HTTPClient
import HTTPTypes
import PostgresEventStore
import Subprocess

/// What a story left behind: the same for one with crashes as for one without.
struct TrialEvidence: Equatable, Sendable {
    /// How many more there are outside than before, by kind.
    var outside: [String: Int]
    /// Facts of the story, by type and step. An attempt that failed is no fact of the deployment's, and may be there or not.
    var facts: [String: Int]

    /// What is not as in `other`.
    func differences(from other: TrialEvidence) -> [String] {
        func differences(_ own: [String: Int], _ others: [String: Int]) -> [String] {
            Set(own.keys).union(others.keys).sorted().compactMap { key in
                let (here, there) = (own[key, default: 0], others[key, default: 0])
                return here == there ? nil : "\(key): \(here), not \(there)"
            }
        }
        return differences(outside, other.outside) + differences(facts, other.facts)
    }

    static func - (after: TrialEvidence, before: TrialEvidence) -> TrialEvidence {
        func difference(_ after: [String: Int], _ before: [String: Int]) -> [String: Int] {
            after.merging(before.mapValues { -$0 }, uniquingKeysWith: +)
        }
        return TrialEvidence(
            outside: difference(after.outside, before.outside), facts: difference(after.facts, before.facts))
    }
}

extension TrialWorld {
    /// All there is outside, and the facts of one deployment.
    func evidence(of deployment: TrialDeployment) async throws -> TrialEvidence {
        var outside: [String: Int] = [:]
        let aws = try await state(of: surroundings.awsURL)
        outside["access points"] = Int(aws["accessPoints"]?.integer ?? 0)
        outside["buckets"] = aws["buckets"]?.array?.count
        outside["records"] = aws["records"]?.object?.values.reduce(0) { $0 + Int($1.integer ?? 0) }
        outside["applications"] = Int(try await state(of: surroundings.argoCDURL)["applications"]?.integer ?? 0)
        let folder = "deployments/\(deployment.id)"
        outside["files"] = try await git(["ls-tree", "-r", "--name-only", "main", folder + "/"]).count
        outside["commits"] = try await git(["log", "--format=%H", "main", "--", folder]).count
        var facts: [String: Int] = [:]
        for event in try await store.events(of: deployment.stream, from: 1) {
            if let fact = try event.fact { facts[fact, default: 0] += 1 }
        }
        return TrialEvidence(outside: outside, facts: facts)
    }

    private func state(of url: String) async throws -> JSONValue {
        guard let endpoint = Endpoint(url) else { throw Failure("no stand-in at \(url)") }
        let reply = try await http.send(endpoint.request(.get, ["_simulator", "state"]), timeout: .seconds(10))
        return try JSONText.decode(JSONValue.self, from: String(decoding: reply.body, as: UTF8.self))
    }

    /// Lines; none where the branch is not there yet.
    private func git(_ arguments: [String]) async throws -> [Substring] {
        let result = try await Subprocess.run(
            .name("git"), arguments: Arguments(["-C", surroundings.repositoryPath] + arguments),
            output: .string(limit: 1 << 20), error: .discarded)
        return result.standardOutput.split(separator: "\n")
    }

    /// What is wrong with the log as a whole: gaps, an event that is there twice, or signatures that do not hold. Waits until the notary
    /// has signed all of it, so a server has to run.
    func verifyLog() async throws -> [String] {
        var complaints: [String] = []
        var (last, ids, versions, facts) = (Position(0), Set<EventID>(), [StreamName: Int](), [String: Int]())
        while true {
            let page = try await store.events(after: last, categories: [], limit: 500)
            for event in page {
                if event.position.rawValue != last.rawValue + 1 { complaints.append("a gap before \(event.position)") }
                if !ids.insert(event.id).inserted { complaints.append("the event at \(event.position) is there twice") }
                if versions.updateValue(event.streamVersion, forKey: event.stream) ?? 0 != event.streamVersion - 1 {
                    complaints.append("\(event.stream) has a gap before version \(event.streamVersion)")
                }
                if let fact = try event.fact {
                    facts["\(event.stream) \(fact), release \(try event.release)", default: 0] += 1
                }
                last = event.position
            }
            if page.count < 500 { break }
        }
        complaints += facts.filter { $0.value > 1 }.map { "\($0.key) is there \($0.value) times" }
        let head = last.rawValue
        try await Trial.until("all \(head) events are signed") {
            let result = try await auditLog.verify(AuditVerificationRequest(asksWitnesses: false)) { _ in }
            complaints += result.findings.map { "\($0.kind) at \($0.position): \($0.detail)" }
            return result.treeSize >= head || !result.isSound
        }
        return complaints
    }
}

extension RecordedEvent {
    private var members: JSONValue { get throws { try JSONText.decode(JSONValue.self, from: payload) } }

    /// The type and step; nil for what may happen any number of times.
    fileprivate var fact: String? {
        get throws {
            guard !type.rawValue.hasSuffix("attempt_failed") else { return nil }
            return [type.rawValue, try members["step"]?.string].compactMap { $0 }.joined(separator: " ")
        }
    }

    fileprivate var release: Int64 { get throws { try members["number"]?.integer ?? Int64(streamVersion) } }
}
