import TestSupport

/// Something that a superuser does to the tables, and the first position that is wrong afterwards.
struct Tampering: Sendable, CustomStringConvertible {
    let script: String
    let position: Int64

    var description: String { "\(script) [expected at \(position)]" }

    static func random(of log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: changedEvent(log, &random)
        case 6..<11: otherEvents(log, &random)
        case 11..<15: tile(log, &random)
        case 15..<19: checkpoint(log, &random)
        default: key(log, &random)
        }
    }

    // MARK: Events

    private static let columns = [
        "stream_category = stream_category || 'x'", "stream_id = stream_id || '-x'", "stream_id = upper(stream_id)",
        "stream_version = stream_version + 5000", "event_id = gen_random_uuid()", "type = type || 'x'",
        "schema_version = schema_version + 1",
        #"payload = jsonb_set(payload, '{number}', '-1')"#, #"payload = payload || '{"more": null}'"#,
        "payload = payload - 'isOpen'", #"payload = jsonb_set(payload, '{text}', '"other"')"#, "payload = '{}'",
        #"metadata = jsonb_set(metadata, '{actor}', '"mallory"')"#,
        #"metadata = jsonb_insert(metadata, '{roles,0}', '"x"')"#,
        "metadata = metadata - 'source'", "recorded_at = recorded_at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 year'", "recorded_at = 'infinity'",
    ]

    static let rehashed = """
        leaf_hash = event_leaf_hash(
            position, stream_category, stream_id, stream_version, event_id::text, type, schema_version,
            canonical_digest(payload), canonical_digest(metadata), envelope_time(recorded_at))
        """

    private static func changedEvent(_ log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        let position = Int64.random(in: 1...log.eventCount, using: &random)
        let flip = "leaf_hash = set_byte(leaf_hash, \(Int.random(in: 0..<32, using: &random)), "
        let choice = Int.random(in: 0...columns.count + 1, using: &random)
        guard choice < columns.count else {
            let changed =
                choice == columns.count
                ? flip + "get_byte(leaf_hash, 0) # 1)" : "leaf_hash = sha256(leaf_hash)"
            // The byte may have had that value already.
            return Tampering(
                script: "UPDATE events SET \(choice == columns.count ? "leaf_hash = sha256('x')" : changed) "
                    + "WHERE position = \(position)", position: position)
        }
        var script = "UPDATE events SET \(columns[choice]) WHERE position = \(position);"
        // Somebody thorough, who knows how hashes are made.
        if !columns[choice].contains("infinity"), Bool.random(using: &random) {
            script += "UPDATE events SET \(rehashed) WHERE position = \(position);"
        }
        return Tampering(script: script, position: position)
    }

    private static let row =
        "stream_category, stream_id, stream_version + 7000, gen_random_uuid(), type, schema_version, payload, metadata, "
        + "recorded_at, leaf_hash"

    private static func otherEvents(_ log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        let last = log.eventCount
        let (one, other) = (Int64.random(in: 1...last, using: &random), Int64.random(in: 1..<last, using: &random))
        let second = other < one ? other : other + 1
        let first = min(one, second)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return Tampering(script: "DELETE FROM events WHERE position = \(one)", position: one)
        case 1:
            return Tampering(
                script: "DELETE FROM events WHERE position BETWEEN \(first) AND \(max(one, second))", position: first)
        case 2:  // Cut off, with or without the head.
            let head = Bool.random(using: &random) ? "; UPDATE log_head SET position = \(one - 1)" : ""
            return Tampering(script: "DELETE FROM events WHERE position >= \(one)" + head, position: one)
        case 3: return Tampering(script: "TRUNCATE events; UPDATE log_head SET position = 0", position: 1)
        case 4:  // Put in between.
            return Tampering(
                script: """
                    UPDATE events SET position = position + 100000 WHERE position >= \(one);
                    UPDATE events SET position = position - 99999 WHERE position > 100000;
                    INSERT INTO events SELECT \(one), \(row) FROM events WHERE position = \(one + 1);
                    UPDATE log_head SET position = position + 1;
                    """, position: one)
        case 5:  // Put at the end.
            return Tampering(
                script: "INSERT INTO events SELECT \(last + 1), \(row) FROM events WHERE position = \(one);",
                position: last + 1)
        case 6, 7:
            let keepsHash = Bool.random(using: &random)
            let hashes = """
                UPDATE events AS e SET leaf_hash = o.leaf_hash FROM events AS o
                WHERE e.position IN (\(one), \(second)) AND o.position = \(one) + \(second) - e.position;
                """
            return Tampering(
                script: """
                    UPDATE events SET position = 200000 WHERE position = \(one);
                    UPDATE events SET position = \(one) WHERE position = \(second);
                    UPDATE events SET position = \(second) WHERE position = 200000;
                    """ + (keepsHash ? hashes : ""), position: first)
        default:
            let wrong = Int64.random(in: 0...2 * last, using: &random)
            let head = wrong == last ? last + 1 : wrong
            return Tampering(script: "UPDATE log_head SET position = \(head)", position: min(head, last) + 1)
        }
    }

    // MARK: Tiles

    private static func tile(_ log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        let level = Int64.random(in: 0...1, using: &random)
        let leavesPerHash: Int64 = level == 0 ? 1 : 256
        let count = log.eventCount / leavesPerHash
        let hash = Int64.random(in: 0..<count, using: &random)
        let (index, place) = (hash / 256, hash % 256)
        let width = min(256, count - index * 256)
        let tile = "level = \(level) AND index = \(index)"
        let start = index * 256 * leavesPerHash
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            let byte = place * 32 + Int64.random(in: 0..<32, using: &random)
            return Tampering(
                script:
                    "UPDATE audit_tiles SET hashes = set_byte(hashes, \(byte), get_byte(hashes, \(byte)) # 64) WHERE \(tile)",
                position: hash * leavesPerHash + 1)
        case 2: return Tampering(script: "DELETE FROM audit_tiles WHERE \(tile)", position: start + 1)
        case 3 where place > 0:
            return Tampering(
                script: "UPDATE audit_tiles SET hashes = substring(hashes FROM 1 FOR \(32 * place)) WHERE \(tile)",
                position: hash * leavesPerHash + 1)
        case 4 where width < 256:
            return Tampering(
                script: "UPDATE audit_tiles SET hashes = hashes || sha256('more') WHERE \(tile)",
                position: count * leavesPerHash + 1)
        case 5:
            let far = Int64.random(in: 4...1_000_000, using: &random)
            return Tampering(
                script: "INSERT INTO audit_tiles VALUES (\(level), \(far), sha256('stray'))",
                position: far * 256 * leavesPerHash + 1)
        case 6:
            return Tampering(
                script: """
                    UPDATE audit_tiles AS t SET hashes = o.hashes FROM audit_tiles AS o
                    WHERE t.level = 0 AND o.level = 0 AND t.index IN (0, 1) AND o.index = 1 - t.index
                    """, position: 1)
        case 7: return Tampering(script: "TRUNCATE audit_tiles", position: 1)
        default:
            return Tampering(
                script: "UPDATE audit_tiles SET index = index + 100 WHERE \(tile)", position: start + 1)
        }
    }

    // MARK: Checkpoints and keys

    private static func checkpoint(_ log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        let number = Int.random(in: 0..<log.sizes.count, using: &random)
        let size = log.sizes[number]
        let row = "tree_size = \(size)"
        var other = Int64.random(in: 1...2 * log.eventCount, using: &random)
        while log.sizes.contains(other) { other += 1 }
        let second = log.sizes[(number + 1) % log.sizes.count]
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            return Tampering(script: "UPDATE audit_checkpoints SET root = sha256(root) WHERE \(row)", position: size)
        case 1:
            let place = Int.random(in: 1...180, using: &random)
            return Tampering(
                script: """
                    UPDATE audit_checkpoints SET note = overlay(
                        note PLACING CASE WHEN substr(note, \(place), 1) = 'w' THEN 'v' ELSE 'w' END FROM \(place) FOR 1)
                    WHERE \(row)
                    """, position: size)
        case 2:
            return Tampering(script: "UPDATE audit_checkpoints SET tree_size = \(other) WHERE \(row)", position: size)
        case 3: return Tampering(script: "DELETE FROM audit_checkpoints WHERE \(row)", position: removed(number, log))
        case 4:
            return Tampering(
                script: "DELETE FROM audit_checkpoints WHERE tree_size >= \(size)",
                position: number == 0 ? 1 : min(log.sizes[number - 1] + 1, Int64.max))
        case 5: return Tampering(script: "TRUNCATE audit_checkpoints", position: 1)
        case 6:
            return Tampering(
                script: "INSERT INTO audit_checkpoints SELECT \(other), root, note FROM audit_checkpoints WHERE \(row)",
                position: other)
        case 7:
            return Tampering(
                script: """
                    UPDATE audit_checkpoints AS c SET note = o.note, root = o.root FROM audit_checkpoints AS o
                    WHERE c.tree_size IN (\(size), \(second)) AND o.tree_size = \(size) + \(second) - c.tree_size
                    """, position: min(size, second))
        case 8:  // The last signature of several, or the only one.
            return Tampering(
                script: "UPDATE audit_checkpoints SET note = regexp_replace(note, '— [^\\n]+\\n$', '') WHERE \(row)",
                position: size)
        default:
            return Tampering(script: "UPDATE audit_checkpoints SET note = '' WHERE \(row)", position: size)
        }
    }

    /// The one after it names it; what nothing names is missed by the tree, from where the one before it ends.
    private static func removed(_ number: Int, _ log: TamperedLog) -> Int64 {
        number < log.sizes.count - 1 ? log.sizes[number] : log.sizes[number - 1] + 1
    }

    private static func key(_ log: TamperedLog, _ random: inout SeededRandom) -> Tampering {
        let size = log.keySizes.randomElement(using: &random) ?? 1
        let row = "first_tree_size = \(size)"
        let other = Int64.random(in: 1000...2000, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Tampering(script: "DELETE FROM audit_keys WHERE \(row)", position: size)
        case 1:
            return Tampering(
                script: "UPDATE audit_keys SET verifier_key = verifier_key || 'x' WHERE \(row)", position: size)
        case 2:
            return Tampering(script: "UPDATE audit_keys SET first_tree_size = \(other) WHERE \(row)", position: size)
        default:
            return Tampering(script: "INSERT INTO audit_keys VALUES ('mallory+1+x', \(other))", position: other)
        }
    }
}
