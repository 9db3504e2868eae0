import Application
import EventSourcing

/// What goes wrong with views, subscriptions, evidence, replays and personal data.
extension Problem {
    init(_ error: ProjectionError) {
        self =
            switch error {
            case .unknownView(let view, let known):
                Problem(
                    .notFound, "view.unknown", "There is no view \(view).",
                    whatToDo: "Use one of \(known.joined(separator: ", ")).")
            case .noPreviousGeneration(let view):
                Problem(
                    .conflict, "view.no_previous_generation", "The view \(view) has no earlier generation.",
                    whatToDo: "Rebuild it instead.")
            case .nothingHeld(let view):
                Problem(
                    .conflict, "view.nothing_held", "No rebuild of the view \(view) waits to be swapped in.",
                    whatToDo: "Rebuild it and hold it.")
            case .archived(let position):
                Problem(
                    .conflict, "view.archived", "Events up to position \(position) are in archive files.",
                    whatToDo:
                        "A view is built from the first event on: restore the archives, `deploycenter store restore`, once for each file."
                )
            case .failing(let view, let failure):
                Problem(
                    .conflict, "view.failing", "The definition of the view \(view) does not work: \(failure)",
                    whatToDo: "Mend the definition; what was served before goes on being served.")
            case .superseded(let view):
                Problem(
                    .conflict, "view.superseded",
                    "Somebody else began to build another definition of the view \(view).",
                    whatToDo: "Look at the list of views, then decide again.")
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    init(_ error: SubscriptionError) {
        self =
            switch error {
            case .unknown(let name, let known):
                Problem(
                    .notFound, "subscription.unknown", "There is no subscription \(name).",
                    whatToDo: "Use one of \(known.joined(separator: ", ")).")
            case .nothingFailed(let name):
                Problem(
                    .conflict, "subscription.follows", "\(name) does not stand still.",
                    whatToDo: "There is nothing to do.")
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    init(_ error: AuditError) {
        self =
            switch error {
            case .notSigned:
                Problem(
                    .unavailable, "audit.not_signed", "Nothing was signed yet.", whatToDo: "Try again in some seconds.",
                    retryAfterSeconds: 5)
            case .outOfRange(let size):
                Problem(
                    .notFound, "audit.out_of_range", "The signed log has \(size) events.",
                    whatToDo: "Ask within it, or for a later checkpoint.")
            case .nothingSelected:
                Problem(
                    .notFound, "audit.nothing_selected", "There are no such events.",
                    whatToDo: "Name a deployment or customer that exists, or positions of the signed log.")
            case .damaged(let finding):
                Problem(
                    .conflict, "audit.damaged",
                    "The log is not what was signed, first at position \(finding.position): \(finding.kind.rawValue).",
                    whatToDo: "Tell the administrators: deploycenter audit verify says more.")
            case .archiveUnreadable(let reason): .archiveUnreadable(reason)
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }

    init(_ error: ReplayError) {
        self =
            switch error {
            case .nothing(.stream(let stream)): .missing("stream", stream.description)
            case .nothing(.customer(let customer)): .missing("customer", customer.rawValue)
            case .archived(let stream, let version):
                Problem(
                    .unavailable, "events.archived", "The log begins with version \(version) of \(stream).",
                    whatToDo: "Ask an administrator to restore the archive.")
            case .unknownCategory(let category, let known):
                Problem(
                    .notFound, "stream.unknown_category", "There are no states of the category \(category).",
                    whatToDo: "Use one of \(known.joined(separator: ", ")).")
            case .badLimit(let allowed):
                .invalid([FieldError(.query, "/limit", "must be from \(allowed.lowerBound) to \(allowed.upperBound)")])
            case .beyondHead(let position, let head): .beyondHead(position, head: head)
            case .store(let error): Problem(error)
            }
    }

    init(_ error: PersonalDataError) {
        self =
            switch error {
            case .unknownMasterKeys: .unavailable(reason: "\(error)")
            case .cancelled: .unavailable(reason: "the request was cancelled")
            case .unavailable(let reason): .unavailable(reason: reason)
            }
    }
}
