package import Application

/// What the records at a name say about whose it is, and what to change: pure.
package struct NameClaim: Equatable, Sendable {
    package typealias RecordSet = Route53Messages.RecordSet
    package typealias Change = (action: String, record: RecordSet)

    /// Everything at the name itself.
    package let records: [RecordSet]
    /// The ownership record beside it.
    package let ownership: RecordSet?

    package init(records: [RecordSet], ownership: RecordSet?) {
        self.records = records
        self.ownership = ownership
    }

    /// A CNAME allows no other record at its name, so ownership is written at a name below it.
    package static func ownershipName(of name: String) -> String { "_deploycenter.\(RecordSet.comparable(name))" }

    /// In quotation marks, as Route 53 wants TXT values.
    package static func ownershipValue(_ ownership: Ownership) -> String {
        "\"heritage=deploycenter,deployment=\(ownership.deployment),customer=\(ownership.customer),"
            + "release=\(ownership.release)\""
    }

    /// What an ownership record says; nil for a TXT record of somebody else. The first records named the deployment only.
    package static func marks(in values: [String]) -> OwnershipMarks? {
        guard values.count == 1, let value = values.first, value.hasPrefix("\""), value.hasSuffix("\"") else {
            return nil
        }
        var fields: [Substring: String] = [:]
        for field in value.dropFirst().dropLast().split(separator: ",") {
            let pair = field.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = String(pair[1]) }
        }
        guard fields["heritage"] == "deploycenter", let deployment = fields["deployment"] else { return nil }
        return OwnershipMarks(
            deployment: deployment, customer: fields["customer"], release: fields["release"].flatMap { Int($0) })
    }

    /// What making sure of a record comes to.
    package enum Making {
        case nothing
        case changes([Change])
        case refused(reason: String)
    }

    /// Creates what is missing with CREATE, which fails if somebody was faster; overwrites only what is ours.
    package func making(_ request: RecordRequest) -> Making {
        let wanted = Self.record(request)
        let claim = Self.ownershipRecord(request)
        guard let ownership else {
            if records.isEmpty { return .changes([("CREATE", wanted), ("CREATE", claim)]) }
            return .refused(reason: "\(request.name) has a \(records[0].type) record that DeployCenter did not make")
        }
        guard isOf(request.ownership.deployment) else {
            return .refused(reason: "\(request.name) belongs to another deployment: \(ownership.values.joined())")
        }
        guard let found = records.first else { return .changes([("CREATE", wanted)]) }
        guard records.count == 1, found.type == "CNAME" else {
            return .refused(reason: "\(request.name) has a \(found.type) record that DeployCenter did not make")
        }
        return found.pointsTo(request.target) ? .nothing : .changes([("UPSERT", wanted)])
    }

    /// What removing a record comes to.
    package enum Removing {
        case gone(evidence: String)
        case changes([Change])
        case refused(reason: String)
    }

    /// DELETE must repeat the records exactly as they are.
    package func removing(_ request: RecordRequest) -> Removing {
        guard isOf(request.ownership.deployment), let ownership else {
            if ownership == nil, let found = records.first(where: { $0.type == "CNAME" && $0.pointsTo(request.target) })
            {
                return .refused(
                    reason: "\(found.name) points to us, but its ownership record is missing: remove it by hand")
            }
            let rest = records.isEmpty ? "no record" : "only records of others"
            return .gone(evidence: "ListResourceRecordSets of \(request.hostedZone) shows \(rest) at \(request.name)")
        }
        let named = records.filter { $0.type == "CNAME" }
        return .changes((named + [ownership]).map { ("DELETE", $0) })
    }

    private func isOf(_ deployment: String) -> Bool {
        ownership.flatMap { Self.marks(in: $0.values) }?.deployment == deployment
    }

    private static func record(_ request: RecordRequest) -> RecordSet {
        RecordSet(
            name: RecordSet.comparable(request.name), type: "CNAME", ttlSeconds: 60,
            values: [RecordSet.comparable(request.target)])
    }

    private static func ownershipRecord(_ request: RecordRequest) -> RecordSet {
        RecordSet(
            name: ownershipName(of: request.name), type: "TXT", ttlSeconds: 300,
            values: [ownershipValue(request.ownership)])
    }
}

extension Route53Messages.RecordSet {
    fileprivate func pointsTo(_ target: String) -> Bool {
        values.map(Self.comparable) == [Self.comparable(target)]
    }
}
