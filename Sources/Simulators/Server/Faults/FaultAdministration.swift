import EventSourcing

/// The endpoints below `/_simulator/` by which tests and operators disturb a simulator and look into it:
///
/// - `GET state` what exists in short · `GET inventory` each thing with its tags, and how often each operation was asked for and
///   done; with `?match=` only things that hold the text
/// - `GET faults` · `POST faults` one rule more · `PUT faults` `{"seed": 7, "rules": []}` in place of all · `DELETE faults`,
///   with `?match=` only rules that have just this `match`
struct FaultAdministration: Sendable {
    let vendor: any Vendor
    let faults: Faults

    func answer(_ call: Call) async -> Answer {
        switch (call.method, call.path) {
        case ("GET", "/_simulator/state"):
            return .json(200, await vendor.summary().merging(["requestsSeen": await faults.requestsSeen]))
        case ("GET", "/_simulator/inventory"): return await inventory(call.parameter("match"))
        case ("GET", "/_simulator/faults"): return .json(200, await faults.shown)
        case ("POST", "/_simulator/faults"): return await add(call.json)
        case ("PUT", "/_simulator/faults"): return await replace(call.json)
        case ("DELETE", "/_simulator/faults"):
            await faults.clear(match: call.parameter("match"))
            return Answer(204)
        default: return Answer(404)
        }
    }

    private func inventory(_ match: String?) async -> Answer {
        var things = await vendor.inventory()
        if let match { things.removeAll { !$0.holds(match) } }
        return .json(200, ["operations": await faults.operations, "things": .array(things)])
    }

    private func add(_ body: JSONValue?) async -> Answer {
        guard let body else { return problems(["the body is no JSON"]) }
        do throws(FaultRule.Problems) {
            await faults.add(try FaultRule(body, known: vendor.operations))
            return Answer(204)
        } catch {
            return problems(error.texts)
        }
    }

    private func replace(_ body: JSONValue?) async -> Answer {
        guard let body, body.object != nil else { return problems(["the body is no JSON object"]) }
        var texts: [String] = []
        let seed =
            (body["seed"]?.string).flatMap { UInt64($0) } ?? body["seed"]?.integer.flatMap { UInt64(exactly: $0) }
        if body["seed"] != nil, seed == nil { texts.append("seed: give a whole number from 0") }
        if body["rules"] != nil, body["rules"]?.array == nil { texts.append("rules: give an array of rules") }
        var rules: [FaultRule] = []
        for (index, value) in (body["rules"]?.array ?? []).enumerated() {
            do throws(FaultRule.Problems) {
                rules.append(try FaultRule(value, known: vendor.operations))
            } catch {
                texts += error.texts.map { "rules[\(index)].\($0)" }
            }
        }
        guard texts.isEmpty else { return problems(texts) }
        await faults.replace(by: rules, seed: seed)
        return .json(200, await faults.shown)
    }

    private func problems(_ texts: [String]) -> Answer {
        .json(400, ["problems": .array(texts.map { .string($0) })])
    }
}

extension JSONValue {
    /// Whether any text in it has this part.
    fileprivate func holds(_ part: String) -> Bool {
        if let string { return string.contains(part) }
        if let array { return array.contains { $0.holds(part) } }
        return object?.values.contains { $0.holds(part) } ?? false
    }
}
