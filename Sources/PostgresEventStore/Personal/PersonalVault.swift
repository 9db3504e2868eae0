package import Application
import Cryptography
package import EventSourcing
package import Logging
package import Postgres

/// Seals what is said about people before it goes to the log, and opens it for those who read.
package final class PersonalVault: PersonalDataOpener {
    let keys: SubjectKeys

    /// - Parameter now: when what is remembered of the keys runs out is told by this clock.
    package init(
        pool: PostgresPool, masterKeys: MasterKeys, logger: Logger = Logger(label: "deploycenter.personal"),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        keys = SubjectKeys(pool: pool, masterKeys: masterKeys, logger: logger, now: now)
    }

    /// The append with its personal values sealed, which `PersonalText` reads. What is remembered needs no query; what is not, one.
    package func sealed(_ append: Append) async throws(EventStoreError) -> Append {
        do throws(PersonalDataError) {
            let subjects = append.personalSubjects
            let usable: [String: SubjectKey] = subjects.isEmpty ? [:] : try await keys.usable(of: subjects)
            return try append.sealed(with: usable)
        } catch {
            throw EventStoreError(error)
        }
    }

    /// The events as they were before they were sealed, as far as the keys are there.
    package func opened(_ events: [RecordedEvent]) async throws(EventStoreError) -> [RecordedEvent] {
        let places = SealedPlaces(events)
        guard !places.isEmpty else { return events }
        do throws(PersonalDataError) {
            return places.opened(events, by: Opening(try await keys.standings(places.keys)))
        } catch {
            throw EventStoreError(error)
        }
    }

    package func opened(_ texts: [String]) async throws(PersonalDataError) -> [String] {
        let parts = texts.map { PersonalText($0) }
        guard parts.contains(where: { $0 != nil }) else { return texts }
        let ids = parts.reduce(into: Set<String>()) { if let part = $1 { $0.formUnion(part.keys) } }
        let opening = Opening(try await keys.standings(ids))
        return zip(texts, parts).map { text, part in part?.joined { JSONEscapes.text(opening.text($0)) } ?? text }
    }
}

/// The keys that a batch of texts is opened with.
struct Opening {
    private let standings: [String: SubjectKeys.Standing]

    init(_ standings: [String: SubjectKeys.Standing]) { self.standings = standings }

    /// One damaged value is no reason to keep the others from their readers.
    func text(_ token: PersonalToken) -> String {
        switch standings[token.key] {
        case .destroyed: PersonalValue.erased
        case .usable(let key): text(token, key)
        case .damaged, nil: PersonalValue.unreadable
        }
    }

    private func text(_ token: PersonalToken, _ key: SubjectKey) -> String {
        do throws(CryptographyError) { return try key.opened(token) } catch { return PersonalValue.unreadable }
    }
}

/// Text as it stands between the quotes of a JSON string (RFC 8259, 7).
enum JSONEscapes {
    static func text(_ plain: String) -> String {
        guard plain.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            return plain
        }
        return plain.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
