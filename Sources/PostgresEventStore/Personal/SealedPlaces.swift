import EventSourcing

/// Where in some events sealed values stand, or texts that were typed to look like them.
struct SealedPlaces {
    /// By event.
    private var payloads: [Int: PersonalText] = [:]
    /// By what stands in the log. Few people act often, so each name is opened once for all of their events.
    private var actorNames: [String: PersonalText] = [:]
    /// Events with the prefix elsewhere in the metadata.
    private var typed: Set<Int> = []

    init(_ events: [RecordedEvent]) {
        // Events that follow each other often share their metadata, and then hold the same strings, which compare at once.
        var previous: (metadata: EventMetadata, isTyped: Bool)?
        for (index, event) in events.enumerated() {
            if let text = PersonalText(event.payload) { payloads[index] = text }
            let metadata = event.metadata
            if let previous, previous.metadata == metadata {
                if previous.isTyped { typed.insert(index) }
                continue
            }
            if let name = metadata.actorName, actorNames[name] == nil, let text = PersonalText(name) {
                actorNames[name] = text
            }
            let isTyped = metadata.hasTypedPrefix
            if isTyped { typed.insert(index) }
            previous = (metadata, isTyped)
        }
    }

    var isEmpty: Bool { payloads.isEmpty && actorNames.isEmpty && typed.isEmpty }

    var keys: Set<String> {
        var keys: Set<String> = []
        for text in payloads.values { keys.formUnion(text.keys) }
        for text in actorNames.values { keys.formUnion(text.keys) }
        return keys
    }

    func opened(_ events: [RecordedEvent], by opening: Opening) -> [RecordedEvent] {
        let names = actorNames.mapValues { $0.joined(opening.text) }
        return events.enumerated().map { index, event in
            let payload = payloads.isEmpty ? nil : payloads[index]
            let name = event.metadata.actorName.flatMap { names[$0] }
            let isTyped = typed.contains(index)
            guard payload != nil || name != nil || isTyped else { return event }
            let metadata = event.metadata
            return RecordedEvent(
                position: event.position, stream: event.stream, streamVersion: event.streamVersion, id: event.id,
                type: event.type, schemaVersion: event.schemaVersion,
                payload: payload?.joined { JSONEscapes.text(opening.text($0)) } ?? event.payload,
                metadata: (isTyped ? metadata.mapped { PersonalText($0)?.joined(opening.text) ?? $0 } : metadata)
                    .named(name ?? metadata.actorName),
                recordedAt: event.recordedAt)
        }
    }
}

extension EventMetadata {
    /// Whether the prefix of sealed values stands in a text that somebody outside may have chosen, but for the actor's name.
    var hasTypedPrefix: Bool {
        func has(_ text: String) -> Bool { PrefixSearch.first(in: text, from: 0) != nil }
        return has(actor) || has(correlationID) || has(source) || causationID.map(has) == true
            || roles.contains(where: has)
    }

    /// Every text but the actor's name changed.
    func mapped(_ change: (String) -> String) -> EventMetadata {
        EventMetadata(
            actor: change(actor), actorName: actorName, roles: roles.map(change), correlationID: change(correlationID),
            causationID: causationID.map(change), source: change(source))
    }

    func named(_ name: String?) -> EventMetadata {
        EventMetadata(
            actor: actor, actorName: name, roles: roles, correlationID: correlationID, causationID: causationID,
            source: source)
    }
}
