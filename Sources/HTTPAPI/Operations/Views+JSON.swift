import Application
import EventSourcing

extension ProjectionStatus {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "view": .string(view), "state": .string(state.rawValue), "digest": .string(digest),
            "definitionChanged": .bool(definitionChanged), "position": .integer(position.rawValue),
            "lag": .integer(lag), "hasPrevious": .bool(hasPrevious),
        ]
        members["generation"] = generation.map { .integer($0) }
        members["eventsPerSecond"] = eventsPerSecond.map { .number($0) }
        members["failure"] = failure?.json
        members["building"] = building?.json
        return .object(members)
    }
}

extension ProjectionFailure {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = ["reason": .string(reason)]
        members["position"] = position.map { .integer($0.rawValue) }
        members["file"] = file.map { .string($0) }
        members["line"] = line.map { .integer(Int64($0)) }
        members["statement"] = statement.map { .string($0) }
        return .object(members)
    }
}

extension RebuildProgress {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "view": .string(view), "generation": .integer(generation), "phase": .string(phase.rawValue),
            "done": .integer(done), "total": .integer(total), "position": .integer(position.rawValue),
        ]
        members["eventsPerSecond"] = eventsPerSecond.map { .number($0) }
        members["secondsLeft"] = secondsLeft.map { .number($0) }
        members["failure"] = failure?.json
        return .object(members)
    }
}

extension ProjectionVerification {
    var json: JSONValue {
        [
            "view": .string(view), "digest": .string(digest), "position": .integer(position.rawValue),
            "isEqual": .bool(isEqual), "differenceCount": .integer(Int64(differenceCount)),
            "differences": .array(differences.map(\.json)),
        ]
    }
}

extension ProjectionVerification.Difference {
    fileprivate var json: JSONValue {
        // What Postgres made of a row is JSON; if it ever is not, the text itself still tells something.
        let parsed = (try? JSONReader.read(Array(row.utf8))) ?? ["text": .string(row)]
        return ["table": .string(table), "side": .string(side.rawValue), "row": parsed]
    }
}
