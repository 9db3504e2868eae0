package import EventSourcing

extension TemplateEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .submitted(let fact): StoredForm("template.submitted", version: 1, fact)
        case .approved(let fact): StoredForm("template.approved", version: 1, fact)
        case .rejected(let fact): StoredForm("template.rejected", version: 1, fact)
        case .deprecated(let fact): StoredForm("template.deprecated", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type.rawValue, version) {
        case ("template.submitted", 1):
            self = .submitted(try payload.read(TemplateSubmitted.self, of: type, version: version))
        case ("template.approved", 1):
            self = .approved(try payload.read(TemplateApproved.self, of: type, version: version))
        case ("template.rejected", 1):
            self = .rejected(try payload.read(TemplateRejected.self, of: type, version: version))
        case ("template.deprecated", 1):
            self = .deprecated(try payload.read(TemplateDeprecated.self, of: type, version: version))
        default: throw .unknownType(type, version: version)
        }
    }
}
