import Cryptography
import EventSourcing

/// A hosted zone: record sets by name, type and set identifier, each kept as the element that made it.
struct Route53Zone: Codable, Sendable, Equatable {
    let name: String
    var records: [String: XMLElement]

    init(name: String) {
        self.name = name
        let servers = (1...4).map { "ns-\($0).sandbox-dns.example." }
        records = [:]
        for record in [
            Self.set(name, "NS", ttl: 172_800, servers),
            Self.set(name, "SOA", ttl: 900, ["\(servers[0]) hostmaster.example. 1 7200 900 1209600 86400"]),
        ] { records[Self.key(record)] = record }
    }

    private static func set(_ name: String, _ type: String, ttl: Int, _ values: [String]) -> XMLElement {
        XMLElement(
            "ResourceRecordSet",
            [
                XMLElement("Name", name), XMLElement("Type", type), XMLElement("TTL", "\(ttl)"),
                XMLElement(
                    "ResourceRecords", values.map { XMLElement("ResourceRecord", [XMLElement("Value", $0)]) }),
            ])
    }

    /// Sorts as Route 53 lists: by labels from the right, then by type.
    static func key(_ record: XMLElement) -> String {
        key(record["Name"]?.text ?? "", record["Type"]?.text ?? "", record["SetIdentifier"]?.text ?? "")
    }

    static func key(_ name: String, _ type: String, _ identifier: String) -> String {
        let labels = name.split(separator: ".").reversed().joined(separator: ".")
        return "\(labels)\u{1}\(type)\u{1}\(identifier)"
    }
}

/// Route 53: zones that exist, and their records.
struct Route53: Sendable {
    static let namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

    let now: Timestamp
    let pace: Pace
    let requestID: String

    func answer(_ call: Call, _ state: inout AWSState) -> Answer {
        let segments = call.segments
        guard segments.first == "2013-04-01" else { return refusal(404, "UnknownOperation", "Not found") }
        let rest = Array(segments.dropFirst())
        switch (call.method, rest.first ?? "", rest.count) {
        case ("GET", "hostedzone", 1), ("GET", "hostedzonesbyname", 1): return zones(call, rest[0], state)
        case ("GET", "hostedzone", 2): return zone(rest[1], state)
        case ("GET", "hostedzone", 3) where rest[2] == "rrset": return list(rest[1], call, state)
        case ("POST", "hostedzone", 3) where rest[2] == "rrset": return change(rest[1], call, &state)
        case ("GET", "change", 2):
            guard let submitted = state.changes[rest[1]] else {
                return refusal(404, "NoSuchChange", "A change with the specified change ID does not exist.")
            }
            return document("GetChangeResponse", [changeInfo(rest[1], submitted)])
        default: return refusal(404, "UnknownOperation", "Not found")
        }
    }

    private func refusal(_ status: Int, _ code: String, _ message: String) -> Answer {
        AWSErrors.error(status, code, message, .route53, requestID)
    }

    private func noZone(_ id: String) -> Answer {
        refusal(404, "NoSuchHostedZone", "No hosted zone found with ID: \(id)")
    }

    private func document(_ name: String, _ members: [XMLElement]) -> Answer {
        .text(200, XMLElement(name, members).document(namespace: Self.namespace), type: "text/xml")
    }

    private func changeInfo(_ id: String, _ submitted: Timestamp) -> XMLElement {
        let isThere = now.hasPassed(pace.recordChangeSeconds, since: submitted)
        return XMLElement(
            "ChangeInfo",
            [
                XMLElement("Id", "/change/\(id)"), XMLElement("Status", isThere ? "INSYNC" : "PENDING"),
                XMLElement("SubmittedAt", submitted.toSecond),
            ])
    }

    // Zones

    private func element(_ id: String, _ zone: Route53Zone) -> XMLElement {
        XMLElement(
            "HostedZone",
            [
                XMLElement("Id", "/hostedzone/\(id)"), XMLElement("Name", zone.name),
                XMLElement("CallerReference", "sandbox-\(id)"),
                XMLElement("Config", [XMLElement("PrivateZone", "false")]),
                XMLElement("ResourceRecordSetCount", "\(zone.records.count)"),
            ])
    }

    private func zones(_ call: Call, _ operation: String, _ state: AWSState) -> Answer {
        let byName = operation == "hostedzonesbyname"
        let from = Route53Names.canonical(call.parameter("dnsname") ?? "")
        let zones = state.zones.sorted { $0.value.name < $1.value.name }.filter {
            !byName || from == "." || Route53Zone.key($0.value.name, "", "") >= Route53Zone.key(from, "", "")
        }
        let list = XMLElement("HostedZones", zones.map { element($0.key, $0.value) })
        let page = [XMLElement("IsTruncated", "false"), XMLElement("MaxItems", "100")]
        if byName { return document("ListHostedZonesByNameResponse", [list] + page) }
        return document("ListHostedZonesResponse", [list, XMLElement("Marker")] + page)
    }

    private func zone(_ id: String, _ state: AWSState) -> Answer {
        guard let zone = state.zones[id] else { return noZone(id) }
        let servers = zone.records.values.first { $0["Type"]?.text == "NS" && $0["Name"]?.text == zone.name }
        let names = (servers?["ResourceRecords"]?.children ?? []).map {
            XMLElement("NameServer", String(($0["Value"]?.text ?? "").dropLast()))
        }
        return document(
            "GetHostedZoneResponse",
            [element(id, zone), XMLElement("DelegationSet", [XMLElement("NameServers", names)])])
    }

    // Records

    private func list(_ id: String, _ call: Call, _ state: AWSState) -> Answer {
        guard let zone = state.zones[id] else { return noZone(id) }
        let size = min(max(Int(call.parameter("maxitems") ?? "") ?? 300, 1), 300)
        var sorted = zone.records.sorted { $0.key < $1.key }
        if let name = call.parameter("name") {
            let start = Route53Zone.key(
                Route53Names.canonical(name), call.parameter("type") ?? "", call.parameter("identifier") ?? "")
            sorted = sorted.filter { $0.key >= start }
        } else if call.parameter("type") != nil {
            return refusal(400, "InvalidInput", "If you specify a record type, you must also specify a name.")
        }
        var members = [
            XMLElement("ResourceRecordSets", sorted.prefix(size).map(\.value)),
            XMLElement("IsTruncated", sorted.count > size ? "true" : "false"), XMLElement("MaxItems", "\(size)"),
        ]
        if sorted.count > size {
            let next = sorted[size].value
            members.append(XMLElement("NextRecordName", next["Name"]?.text ?? ""))
            members.append(XMLElement("NextRecordType", next["Type"]?.text ?? ""))
            if let identifier = next["SetIdentifier"] {
                members.append(XMLElement("NextRecordIdentifier", identifier.text))
            }
        }
        return document("ListResourceRecordSetsResponse", members)
    }

    /// All changes or none.
    private func change(_ id: String, _ call: Call, _ state: inout AWSState) -> Answer {
        guard var zone = state.zones[id] else { return noZone(id) }
        guard let root = XMLReader.read(call.body), root.name == "ChangeResourceRecordSetsRequest",
            let changes = root["ChangeBatch"]?["Changes"]?.all("Change"), !changes.isEmpty
        else { return refusal(400, "MalformedXML", "The XML that you provided is not well-formed or not as expected.") }
        guard changes.count <= 1000 else { return refusal(400, "InvalidChangeBatch", "[Too many changes]") }
        let problems = changes.compactMap { Route53Change(zone: zone.name).apply($0, to: &zone.records) }
        guard problems.isEmpty else {
            return refusal(400, "InvalidChangeBatch", "[\(problems.joined(separator: ", "))]")
        }
        let change = "C\(SecureRandom.bytes(10).hex.uppercased())"
        state.zones[id] = zone
        state.changes[change] = now
        state.changedZones = (state.changedZones ?? [:]).merging([change: id]) { $1 }
        return document("ChangeResourceRecordSetsResponse", [changeInfo(change, now)])
    }
}

/// Domain names as Route 53 keeps them.
enum Route53Names {
    /// Lower case, with the final dot, and with `*` written `\052`.
    static func canonical(_ name: String) -> String {
        let lower = name.lowercased().replacing("*", with: "\\052")
        return lower.hasSuffix(".") ? lower : "\(lower)."
    }
}

/// One change of a batch, judged as Route 53 does.
struct Route53Change: Sendable {
    /// The zone's name.
    let zone: String

    /// Applies the change, or says why Route 53 would not.
    func apply(_ change: XMLElement, to records: inout [String: XMLElement]) -> String? {
        guard let action = change["Action"]?.text, var record = change["ResourceRecordSet"],
            let name = record["Name"]?.text, let type = record["Type"]?.text
        else { return "Invalid XML" }
        let canonical = Route53Names.canonical(name)
        if let index = record.children.firstIndex(where: { $0.name == "Name" }) {
            record.children[index].text = canonical
        }
        guard canonical == zone || canonical.hasSuffix(".\(zone)") else {
            return "RRSet with DNS name \(canonical) is not permitted in zone \(zone)"
        }
        let key = Route53Zone.key(record)
        let what = "resource record set [name='\(canonical)', type='\(type)']"
        if action == "DELETE" {
            guard let existing = records[key] else { return "Tried to delete \(what) but it was not found" }
            guard Self.same(existing, record) else {
                return "Tried to delete \(what) but the values provided do not match the current values"
            }
            records[key] = nil
            return nil
        }
        if action == "CREATE", records[key] != nil { return "Tried to create \(what) but it already exists" }
        guard ["CREATE", "UPSERT"].contains(action) else { return "Invalid action \(action)" }
        if let problem = invalid(record, canonical, type, records) { return problem }
        records[key] = record
        return nil
    }

    /// The order of values and elements does not matter.
    private static func same(_ left: XMLElement, _ right: XMLElement) -> Bool {
        left.name == right.name && left.text.trimming(\.isWhitespace) == right.text.trimming(\.isWhitespace)
            && left.children.map(\.rendered).sorted() == right.children.map(\.rendered).sorted()
            || left.name == "ResourceRecordSet" && right.name == left.name
                && left.children.count == right.children.count
                && left.children.allSatisfy { child in
                    right.children.contains { same(child, $0) }
                }
    }

    private func invalid(
        _ record: XMLElement, _ name: String, _ type: String, _ records: [String: XMLElement]
    ) -> String? {
        let others = records.values.filter { $0["Name"]?.text == name && $0["Type"]?.text != type }
        if type == "CNAME", name == zone {
            return "RRSet of type CNAME with DNS name \(name) is not permitted at apex in zone \(zone)"
        }
        if type == "CNAME" ? !others.isEmpty : others.contains(where: { $0["Type"]?.text == "CNAME" }) {
            return "RRSet of type \(type) with DNS name \(name) is not permitted as it conflicts with other records "
                + "with the same DNS name in zone \(zone)"
        }
        if let alias = record["AliasTarget"] {
            let isWhole = ["HostedZoneId", "DNSName", "EvaluateTargetHealth"].allSatisfy { alias[$0] != nil }
            return isWhole && record["TTL"] == nil ? nil : "Invalid request: alias records take AliasTarget and no TTL"
        }
        let values = (record["ResourceRecords"]?.children ?? []).compactMap { $0["Value"]?.text }
        guard !values.isEmpty, Int(record["TTL"]?.text ?? "") != nil else {
            return "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
                + "TrafficPolicyInstanceId], but found none in Change with [Action, Name=\(name), Type=\(type)]"
        }
        return values.lazy.compactMap { problem($0, type) }.first
    }

    private func problem(_ value: String, _ type: String) -> String? {
        let reason: String
        switch type {
        case "A":
            let parts = value.split(separator: ".", omittingEmptySubsequences: false)
            if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return nil }
            reason = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"
        case "AAAA":
            if value.contains(":"), value.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) { return nil }
            reason = "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"
        case "TXT":
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { return nil }
            reason = "InvalidCharacterString (Value should be enclosed in quotation marks)"
        case "CNAME":
            if !value.isEmpty, !value.contains(where: \.isWhitespace) { return nil }
            reason = "CNAMERRDATAIllegalHostname (Value is not a valid hostname)"
        default: return nil
        }
        return "Invalid Resource Record: 'FATAL problem: \(reason) encountered with '\(value)''"
    }
}
