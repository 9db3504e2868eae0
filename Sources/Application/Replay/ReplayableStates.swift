import Domain
import EventSourcing

/// A state that people can read: everything that decisions depend on, as JSON.
protocol ReplayableState {
    var replayed: JSONValue { get }
}

extension Customer.State: ReplayableState {
    var replayed: JSONValue {
        switch self {
        case .unknown: ["standing": "unknown"]
        case .active(let details, let route): Self.known("active", details, route)
        case .suspended(let details, let route): Self.known("suspended", details, route)
        case .removed: ["standing": "removed"]
        }
    }

    private static func known(_ standing: String, _ details: Customer.Details, _ route: ID<Cluster>?) -> JSONValue {
        [
            "standing": .string(standing), "name": .string(details.name),
            "contactName": JSONValue(details.contactName), "contactEmail": JSONValue(details.contactEmail),
            "cluster": JSONValue(route?.rawValue),
        ]
    }
}

extension Cluster.State: ReplayableState {
    var replayed: JSONValue {
        switch self {
        case .unknown: ["standing": "unknown"]
        case .open(let description): ["standing": "open", "description": description.replayed]
        case .cordoned(let description): ["standing": "cordoned", "description": description.replayed]
        case .retired: ["standing": "retired"]
        }
    }
}

extension Cluster.Description {
    fileprivate var replayed: JSONValue {
        [
            "destination": .string(destination), "region": .string(region), "fileSystem": .string(fileSystem),
            "hostedZone": .string(hostedZone), "zoneDomain": .string(zoneDomain),
            "ingressHostname": .string(ingressHostname), "labels": .object(labels.mapValues { .string($0) }),
        ]
    }
}

extension Template.State: ReplayableState {
    var replayed: JSONValue { ["versions": .object(versions.mapValues(\.replayed))] }
}

extension Template.Version {
    /// Without the files' text, which never changes and has the submission's digest: of each its size in bytes.
    fileprivate var replayed: JSONValue {
        [
            "standing": .string("\(standing)"), "title": .string(submission.title),
            "description": .string(submission.description), "digest": .string(submission.digest),
            "submittedBy": .string(submission.submittedBy.subject),
            "fileBytes": .object(submission.files.mapValues { .integer(Int64($0.utf8.count)) }),
        ]
    }
}

extension DomainName.State: ReplayableState {
    var replayed: JSONValue {
        switch self {
        case .free: ["holder": nil]
        case .held(let holder): ["holder": .string(holder.rawValue)]
        }
    }
}

extension DataSubject.State: ReplayableState {
    var replayed: JSONValue { ["destroyedKeys": .array(forgotten.sorted().map { .string($0) })] }
}

extension JSONValue {
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
}
