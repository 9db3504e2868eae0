package import EventSourcing

extension OrphanEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .removalRequested(let fact): StoredForm("orphan.removal_requested", version: 1, fact)
        case .removed(let fact): StoredForm("orphan.removed", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("orphan.removal_requested", 1):
            self = .removalRequested(try payload.read(OrphanRemovalRequested.self, of: type, version: version))
        case ("orphan.removed", 1):
            self = .removed(try payload.read(OrphanRemoved.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
