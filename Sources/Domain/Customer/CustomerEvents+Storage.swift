package import EventSourcing

extension CustomerEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .created(let fact): StoredForm("customer.created", version: 1, fact, personal: Customer.Details.personal)
        case .detailsChanged(let fact):
            StoredForm("customer.details_changed", version: 1, fact, personal: Customer.Details.personal)
        case .routed(let fact): StoredForm("customer.routed", version: 1, fact)
        case .suspended(let fact): StoredForm("customer.suspended", version: 1, fact)
        case .reinstated: StoredForm("customer.reinstated", version: 1, Nothing())
        case .removed(let fact): StoredForm("customer.removed", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("customer.created", 1):
            self = .created(try payload.read(Customer.Details.self, of: type, version: version))
        case ("customer.details_changed", 1):
            self = .detailsChanged(try payload.read(Customer.Details.self, of: type, version: version))
        case ("customer.routed", 1): self = .routed(try payload.read(CustomerRouted.self, of: type, version: version))
        case ("customer.suspended", 1):
            self = .suspended(try payload.read(CustomerSuspended.self, of: type, version: version))
        case ("customer.reinstated", 1): self = .reinstated
        case ("customer.removed", 1):
            self = .removed(try payload.read(CustomerRemoved.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
