// What people at a terminal read; the API has its own words (HTTPAPI/Errors).

extension AuditError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notSigned: "nothing was signed yet: try again in some seconds, with a server running."
        case .outOfRange(let size): "the signed log has \(size) events: ask within it."
        case .nothingSelected:
            "there are no such events: name a deployment or customer that exists, or signed positions."
        case .damaged(let finding):
            "the log is not what was signed, first at position \(finding.position) (\(finding.kind.rawValue)): audit verify says more."
        case .archiveUnreadable(let reason): reason
        case .cancelled: "it was cancelled."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}

extension QueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFilter(let name, let allowed):
            "there is no filter \(name); there are \(allowed.joined(separator: ", "))."
        case .badFilterValue(let filter, let kind): "\(filter) must be of the kind \(kind.rawValue)."
        case .badFilterParts(let filter, let allowed):
            "\(filter) must be some of \(allowed.joined(separator: ", ")), with commas between."
        case .badCursor: "this list gave no such cursor: begin again without."
        case .badLimit(let allowed): "the limit must be from \(allowed.lowerBound) to \(allowed.upperBound)."
        case .behind(let view, let position): "\(view.rawValue) has seen position \(position) only: try again."
        case .notBuilt(let view): "\(view.rawValue) is not built yet: a server builds it when it starts."
        case .beyondHead(let position, let head): "there is no position \(position) yet; the last one is \(head)."
        case .momentNotReady(let view, let position):
            "\(view.rawValue) as of position \(position) is being built: try again."
        case .archived(let begin):
            """
            the log begins at position \(begin), what was before is archived, and the past is built from the first event on: `deploycenter \
            store restore` brings back one file each time, the last first.
            """
        case .cancelled: "it was cancelled."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}

extension ReplayError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nothing(.stream(let stream)): "there is no stream \(stream), or there was none yet."
        case .nothing(.customer(let customer)): "there is no customer \(customer), or there was none yet."
        case .archived(let stream, let version):
            "the log begins with version \(version) of \(stream), what was before is archived: set DEPLOYCENTER_ARCHIVES."
        case .unknownCategory(let category, let known):
            "there are no states of the category \(category); there are those of \(known.joined(separator: ", "))."
        case .badLimit(let allowed): "the limit must be from \(allowed.lowerBound) to \(allowed.upperBound)."
        case .beyondHead(let position, let head): "there is no position \(position) yet; the last one is \(head)."
        case .store(let error): "\(error)"
        }
    }
}

extension EventStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .versionConflict(let stream, let actual):
            "somebody else appended to \(stream), which has version \(actual) now."
        case .idempotencyKeyReused(let key): "the key \(key) belongs to another command."
        case .leaseLost(let lease): "somebody else has taken over \(lease.effectID)."
        case .unreadable(let event, let position): "the event at position \(position) cannot be read: \(event)"
        case .archived(let position):
            "events up to position \(position) are archived: `deploycenter store restore` brings them back, a file each time."
        case .archiveUnreadable(let reason): reason
        case .outcomeUnknown(let reason):
            "the connection broke on the way, it may have happened or not: look before you do it again (\(reason))."
        case .cancelled: "it was cancelled."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}

extension EventArchiveError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let file, let reason): "\(file) is not what was archived: \(reason)"
        case .missing(let what): "\(what) is missing."
        case .refused(let why): "refused: \(why)."
        case .unavailable(let reason): "it cannot be done now: \(reason)"
        }
    }
}

extension CommandError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let refusal): "\(refusal.detail) \(refusal.whatToDo)"
        case .invalid(let violations): "not acceptable: \(violations.map { "\($0)" }.joined(separator: "; "))"
        case .stale(let expected, let actual): "version \(expected) was seen, but it is \(actual) now."
        case .contended: "others were faster again and again: try again."
        case .idempotencyKeyReused(let key): "the key \(key) belongs to another command."
        case .outcomeUnknown(let key?, let reason):
            "it may have happened or not: send it again with the key \(key), which does it once (\(reason))."
        case .outcomeUnknown(nil, let reason):
            "it may have happened or not: look before you send it again (\(reason))."
        case .unavailable(let reason): "the log cannot be used now: \(reason)"
        }
    }
}
