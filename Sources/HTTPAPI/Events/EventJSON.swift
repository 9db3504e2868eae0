import EventSourcing

extension RecordedEvent {
    /// The event as the API shows it; the payload goes in as it was written.
    var json: String {
        var writer = JSONWriter()
        writer.append(members: [
            ("position", .value(.integer(position.rawValue))), ("stream", .value(.string(stream.description))),
            ("streamVersion", .value(.integer(Int64(streamVersion)))), ("id", .value(.string(id.rawValue))),
            ("type", .value(.string(type.rawValue))), ("schemaVersion", .value(.integer(Int64(schemaVersion)))),
            ("recordedAt", .value(.string(recordedAt.description))), ("metadata", .value(metadata.json)),
            ("payload", .text(payload)),
        ])
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The event as one server-sent event. A payload without line breaks is one `data` line; JSON allows them elsewhere too.
    var serverSentEvent: String {
        let lines = json.split(separator: "\n", omittingEmptySubsequences: false)
        return "id: \(position)\nevent: \(type)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
    }
}

extension EventMetadata {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "actor": .string(actor), "roles": .array(roles.map { .string($0) }),
            "correlationID": .string(correlationID), "source": .string(source),
        ]
        members["actorName"] = actorName.map { .string($0) }
        members["causationID"] = causationID.map { .string($0) }
        return .object(members)
    }
}
