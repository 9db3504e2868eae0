package import EventSourcing

extension DomainNameEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .claimed(let fact): StoredForm("domain_name.claimed", version: 1, fact)
        case .released(let fact): StoredForm("domain_name.released", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("domain_name.claimed", 1):
            self = .claimed(try payload.read(DomainNameClaimed.self, of: type, version: version))
        case ("domain_name.released", 1):
            self = .released(try payload.read(DomainNameReleased.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
