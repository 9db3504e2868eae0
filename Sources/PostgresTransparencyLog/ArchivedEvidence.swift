import Application
import EventSourcing
import TransparencyLog

/// An event that an auditor takes along, as it is stored.
struct Evidence {
    let entry: LogEntry
    let payload: String
    let metadata: String

    /// What of it can hold personal values.
    var asWritten: String { "{\"metadata\":\(metadata),\"payload\":\(payload)}" }
}

extension Evidence {
    /// Of an archive, whose chunks were checked against their hashes: what gives no entry all the same was archived so.
    init(_ archived: ArchivedEvent) throws(EventArchiveError) {
        guard let entry = StoredLeaf(archived).entry else {
            throw .damaged(
                file: "the archive with position \(archived.event.position)", reason: "it holds no event there")
        }
        self.init(entry: entry, payload: archived.event.payload, metadata: archived.metadata)
    }
}

/// Whose events are taken along: a customer's or a deployment's.
struct EvidenceSubject {
    let customer: String?
    let deployment: String?

    /// A customer's id holds no hyphen, and the ids of its deployments begin with it.
    func holds(deployment id: String) -> Bool {
        id == deployment || customer.map { id.hasPrefix("\($0)-") } ?? false
    }
}

/// What archives say of a subject, by the rules of `select_evidence.sql`.
struct ArchivedEvidence {
    private let subject: EvidenceSubject
    private var found: [Evidence] = []
    /// Of all domain names: which belong here shows only in the end.
    private var names: [(id: String, version: Int, evidence: Evidence)] = []
    /// Versions of domain names from the first that tells of the subject to the last.
    private(set) var runs: [String: ClosedRange<Int>] = [:]

    init(subject: EvidenceSubject) { self.subject = subject }

    mutating func take(_ events: [ArchivedEvent]) throws(EventArchiveError) {
        for archived in events {
            let (stream, version) = (archived.event.stream, archived.event.streamVersion)
            switch stream.category {
            case "customer" where stream.id == subject.customer,
                "subject" where subject.customer.map { stream.id == "customer:\($0)" } ?? false,
                "deployment" where subject.holds(deployment: stream.id):
                found.append(try Evidence(archived))
            case "domainname":
                names.append((stream.id, version, try Evidence(archived)))
                guard let deployment = archived.deployment, subject.holds(deployment: deployment) else { continue }
                let known = runs[stream.id]
                runs[stream.id] =
                    min(known?.lowerBound ?? version, version)...max(known?.upperBound ?? version, version)
            default: continue
            }
        }
    }

    /// In order; runs that go on in the database are whole.
    func evidence(before stored: [Evidence]) -> [Evidence] {
        let goOn = Set(stored.map(\.entry.stream))
        let told = names.filter { name in
            guard let run = runs[name.id] else { return false }
            return run.contains(name.version)
                || (name.version > run.upperBound
                    && goOn.contains("\(StreamName(category: "domainname", id: name.id))"))
        }
        return (found + told.map(\.evidence)).sorted { $0.entry.position < $1.entry.position }
    }
}

extension ArchivedEvent {
    fileprivate var deployment: String? {
        // What is no JSON object names no deployment.
        (try? JSONText.decode(JSONValue.self, from: event.payload))?["deployment"]?.string
    }
}
