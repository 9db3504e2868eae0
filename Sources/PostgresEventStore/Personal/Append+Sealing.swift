import Application
import Cryptography
import EventSourcing

extension Append {
    /// Whose values the append holds: the people that streams are about, and the one who acts, if its name is known.
    var personalSubjects: Set<String> {
        var subjects: Set<String> = []
        if metadata.actorName != nil { subjects.insert(metadata.personalSubject) }
        for part in streams where part.events.contains(where: { !$0.form.personal.isEmpty }) {
            subjects.insert(part.stream.personalSubject)
        }
        return subjects
    }

    func sealed(with keys: [String: SubjectKey]) throws(PersonalDataError) -> Append {
        var sealed = self
        sealed.metadata = try metadata.sealed(with: keys)
        guard streams.contains(where: { part in part.events.contains { !$0.form.personal.isEmpty } }) else {
            return sealed
        }
        sealed.streams = []
        for part in streams {
            guard let key = keys[part.stream.personalSubject] else {
                sealed.streams.append(part)
                continue
            }
            var events: [NewEvent] = []
            for event in part.events { events.append(NewEvent(id: event.id, form: try event.form.sealed(with: key))) }
            sealed.streams.append(StreamAppend(part.stream, expected: part.expected, events: events))
        }
        return sealed
    }
}

extension StreamName {
    /// The person that the stream's personal members are about.
    fileprivate var personalSubject: String { "\(category):\(id)" }
}

extension EventMetadata {
    fileprivate var personalSubject: String { "actor:\(actor)" }

    fileprivate func sealed(with keys: [String: SubjectKey]) throws(PersonalDataError) -> EventMetadata {
        let plain = hasTypedPrefix ? mapped(PersonalText.stored) : self
        guard let actorName, let key = keys[personalSubject] else { return plain }
        do throws(CryptographyError) { return plain.named(try key.sealed(actorName)) } catch {
            throw PersonalDataError(error)
        }
    }
}

extension StoredForm {
    /// The payload as JSON text for the log, in which nobody's own text can be taken for a sealed value.
    func storedText() throws -> String {
        if let sealed = payload as? SealedPayload { return sealed.text }
        return PersonalText.stored(try JSONText.encode(payload))
    }

    fileprivate func sealed(with key: SubjectKey) throws(PersonalDataError) -> StoredForm {
        guard !personal.isEmpty else { return self }
        do {
            let typed = try JSONText.encode(payload)
            let stored = PersonalText.stored(typed)
            let own = try JSONText.decode([String: JSONValue].self, from: typed)
            var members = typed == stored ? own : try JSONText.decode([String: JSONValue].self, from: stored)
            for name in personal {
                guard let text = own[name]?.string else { continue }
                members[name] = .string(try key.sealed(text))
            }
            return StoredForm(type, version: schemaVersion, SealedPayload(text: try JSONText.encode(members)))
        } catch let error as CryptographyError {
            throw PersonalDataError(error)
        } catch {
            throw .unavailable(reason: "the payload of \(type) is no JSON object")
        }
    }
}

/// JSON text that is ready for the log.
struct SealedPayload: Encodable, Sendable {
    let text: String

    func encode(to encoder: any Encoder) throws {
        try JSONText.decode(JSONValue.self, from: text).encode(to: encoder)
    }
}
