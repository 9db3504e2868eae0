package import EventSourcing

/// Reads any fact, whichever aggregate it belongs to.
package enum DomainEvents {
    package static let upcasts: [Upcast] = all.flatMap { $0.upcasts }

    private static let all: [any StorableEvent.Type] = [
        ClusterEvent.self, CustomerEvent.self, DataSubjectEvent.self, DeploymentEvent.self, DomainNameEvent.self,
        OrphanEvent.self,
        TemplateEvent.self,
    ]

    /// Reads any type and version that was ever written.
    package static func read(
        _ type: EventType, version: Int, payload: some StoredPayload
    ) throws(UnreadableEvent) -> any StorableEvent {
        for aggregate in all {
            do throws(UnreadableEvent) {
                return try aggregate.init(upcasting: type, version: version, payload: payload)
            } catch .unknownType {
                continue
            }
        }
        throw .unknownType(type, version: version)
    }

    /// Whether this build has a reader for it; says nothing of a payload.
    package static func knows(_ type: EventType, version: Int) -> Bool {
        do throws(UnreadableEvent) {
            _ = try read(type, version: version, payload: NoPayload())
            return true
        } catch .unknownType {
            return false
        } catch {
            return true
        }
    }
}

/// Stands for a payload where only the type is asked about: reading it fails.
private struct NoPayload: StoredPayload {
    private struct Absent: Error {}

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value { throw Absent() }

    /// Upcast or not, there is nothing to change.
    func edit(_ change: (inout JSONValue) -> Void) throws {}
}
