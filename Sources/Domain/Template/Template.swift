import EventSourcing

/// A kind of application that can be deployed: versions are submitted, approved by somebody else, and deprecated.
package enum Template: Decider {
    package struct State: Equatable, Sendable {
        package var versions: [String: Version] = [:]
    }

    /// One version, immutable once submitted.
    package struct Version: Equatable, Sendable {
        package let submission: TemplateSubmitted
        package var standing: Standing

        package enum Standing: Equatable, Sendable {
            case waiting, approved, rejected, deprecated
        }
    }

    package enum Command: Equatable, Sendable {
        case submit(TemplateSubmitted)
        case approve(version: String, by: Actor)
        case reject(version: String, by: Actor, reason: String)
        case deprecate(version: String, reason: String)
    }

    package enum Rejection: Error, Equatable, Sendable {
        case unknownVersion(String)
        /// The version was submitted before with other files; a version never changes.
        case versionExists(String)
        case approverIsSubmitter
        case isRejected(String)
        case isDeprecated(String)
        case isApproved(String)
        case isNotApproved(String)
    }

    package static let initialState = State()

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [TemplateEvent] {
        switch command {
        case .submit(let submission):
            guard let known = state.versions[submission.version] else { return [.submitted(submission)] }
            guard known.submission.digest == submission.digest else { throw .versionExists(submission.version) }
            return []
        case .approve(let version, let person):
            let known = try state.version(version)
            switch known.standing {
            case .waiting where known.submission.submittedBy == person: throw .approverIsSubmitter
            case .waiting: return [.approved(.init(version: version, approvedBy: person))]
            case .approved: return []
            case .rejected: throw .isRejected(version)
            case .deprecated: throw .isDeprecated(version)
            }
        case .reject(let version, let person, let reason):
            switch try state.version(version).standing {
            case .waiting: return [.rejected(.init(version: version, rejectedBy: person, reason: reason))]
            case .rejected: return []
            case .approved: throw .isApproved(version)
            case .deprecated: throw .isDeprecated(version)
            }
        case .deprecate(let version, let reason):
            switch try state.version(version).standing {
            case .approved: return [.deprecated(.init(version: version, reason: reason))]
            case .deprecated: return []
            case .waiting, .rejected: throw .isNotApproved(version)
            }
        }
    }

    package static func evolve(_ state: inout State, with event: TemplateEvent) {
        switch event {
        case .submitted(let fact): state.versions[fact.version] = Version(submission: fact, standing: .waiting)
        case .approved(let fact): state.versions[fact.version]?.standing = .approved
        case .rejected(let fact): state.versions[fact.version]?.standing = .rejected
        case .deprecated(let fact): state.versions[fact.version]?.standing = .deprecated
        }
    }
}

extension Template.State {
    package func version(_ name: String) throws(Template.Rejection) -> Template.Version {
        guard let version = versions[name] else { throw .unknownVersion(name) }
        return version
    }
}
