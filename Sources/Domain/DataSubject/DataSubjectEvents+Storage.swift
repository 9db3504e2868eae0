package import EventSourcing

extension DataSubjectEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .forgotten(let fact): StoredForm("subject.forgotten", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("subject.forgotten", 1):
            self = .forgotten(try payload.read(DataSubjectForgotten.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
