package import EventSourcing

extension ClusterEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .registered(let fact): StoredForm("cluster.registered", version: 1, fact)
        case .cordoned(let fact): StoredForm("cluster.cordoned", version: 1, fact)
        case .uncordoned: StoredForm("cluster.uncordoned", version: 1, Nothing())
        case .retired(let fact): StoredForm("cluster.retired", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("cluster.registered", 1):
            self = .registered(try payload.read(Cluster.Description.self, of: type, version: version))
        case ("cluster.cordoned", 1):
            self = .cordoned(try payload.read(ClusterCordoned.self, of: type, version: version))
        case ("cluster.uncordoned", 1): self = .uncordoned
        case ("cluster.retired", 1): self = .retired(try payload.read(ClusterRetired.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
