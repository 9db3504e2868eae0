package import HTTPClient
import HTTPTypes

/// Requests to Route 53 and what they answer, without sending anything.
package enum Route53Messages {
    private static let version = "2013-04-01"
    /// Route 53 is one for the whole world; its signatures name this region.
    package static let region = "us-east-1"
    private static let namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

    /// Record sets from `name` on, in the order of names; `type` skips those before it.
    package static func list(zone: String, from name: String, type: String?, endpoint: Endpoint) -> AWSCall {
        var query = [(name: "maxitems", value: "20"), (name: "name", value: name)]
        if let type { query.append((name: "type", value: type)) }
        return AWSCall(
            service: .route53, operation: "ListResourceRecordSets", region: region,
            request: endpoint.request(.get, [version, "hostedzone", bare(zone), "rrset"], query: query))
    }

    /// A page of all record sets of a zone.
    package static func list(zone: String, from place: Place, endpoint: Endpoint) -> AWSCall {
        var query = [(name: "maxitems", value: "300")]
        if let name = place.name { query.append((name: "name", value: name)) }
        if let type = place.type { query.append((name: "type", value: type)) }
        if let identifier = place.identifier { query.append((name: "identifier", value: identifier)) }
        return AWSCall(
            service: .route53, operation: "ListResourceRecordSets", region: region,
            request: endpoint.request(.get, [version, "hostedzone", bare(zone), "rrset"], query: query))
    }

    /// Where the next page of a listing begins; nil on the last.
    package static func next(in body: [UInt8]) -> Place? {
        guard let root = XMLNode(body), root["IsTruncated"]?.text == "true", let name = root["NextRecordName"]?.text
        else { return nil }
        return Place(
            name: name, type: root["NextRecordType"]?.text, identifier: root["NextRecordIdentifier"]?.text)
    }

    /// All or nothing. The elements stand in the order of the schema, which Route 53 insists on.
    package static func change(
        zone: String, comment: String, _ changes: [(action: String, record: RecordSet)], endpoint: Endpoint
    ) -> AWSCall {
        let items = changes.map { action, record in
            "<Change><Action>\(action)</Action>\(xml(record))</Change>"
        }
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <ChangeResourceRecordSetsRequest xmlns="\(namespace)"><ChangeBatch>\
            <Comment>\(XMLNode.escaped(comment))</Comment><Changes>\(items.joined())</Changes>\
            </ChangeBatch></ChangeResourceRecordSetsRequest>
            """
        var call = AWSCall(
            service: .route53, operation: "ChangeResourceRecordSets", region: region,
            request: endpoint.request(
                .post, [version, "hostedzone", bare(zone), "rrset", ""], headerFields: [.contentType: "text/xml"]),
            body: Array(body.utf8))
        call.isRepeatable = false
        return call
    }

    package static func change(id: String, endpoint: Endpoint) -> AWSCall {
        AWSCall(
            service: .route53, operation: "GetChange", region: region,
            request: endpoint.request(.get, [version, "change", bare(id)]))
    }

    package static func recordSets(in body: [UInt8]) throws(AWSFailure) -> [RecordSet] {
        guard let root = XMLNode(body), let sets = root["ResourceRecordSets"] else { throw unreadable }
        return sets.all("ResourceRecordSet").compactMap { set in
            guard let name = set["Name"]?.text, let type = set["Type"]?.text else { return nil }
            return RecordSet(
                name: RecordSet.comparable(name), type: type, ttlSeconds: set["TTL"].flatMap { Int($0.text) },
                values: set["ResourceRecords"]?.all("ResourceRecord").compactMap { $0["Value"]?.text } ?? [])
        }
    }

    package static func changeInfo(in body: [UInt8]) throws(AWSFailure) -> ChangeInfo {
        guard let info = XMLNode(body)?["ChangeInfo"], let id = info["Id"]?.text, let status = info["Status"]?.text
        else { throw unreadable }
        return ChangeInfo(id: bare(id), isInSync: status == "INSYNC")
    }

    private static let unreadable = AWSFailure.retryable(
        reason: "Route 53 answered something else than its documentation says", after: nil)

    private static func xml(_ record: RecordSet) -> String {
        let values = record.values.map {
            "<ResourceRecord><Value>\(XMLNode.escaped($0))</Value></ResourceRecord>"
        }
        return "<ResourceRecordSet><Name>\(XMLNode.escaped(record.name))</Name><Type>\(record.type)</Type>"
            + "<TTL>\(record.ttlSeconds ?? 0)</TTL><ResourceRecords>\(values.joined())</ResourceRecords>"
            + "</ResourceRecordSet>"
    }

    /// `/hostedzone/Z1` and `/change/C1` are other spellings of `Z1` and `C1`.
    private static func bare(_ id: String) -> String { id.split(separator: "/").last.map(String.init) ?? id }
}

extension Route53Messages {
    /// All records of one name and type.
    package struct RecordSet: Equatable, Sendable {
        /// In lower case, without the dot at the end.
        package let name: String
        package let type: String
        /// nil for an alias.
        package let ttlSeconds: Int?
        package let values: [String]

        package init(name: String, type: String, ttlSeconds: Int?, values: [String]) {
            self.name = name
            self.type = type
            self.ttlSeconds = ttlSeconds
            self.values = values
        }

        /// Route 53 writes names with a dot at the end; DNS does not tell cases apart.
        package static func comparable(_ name: String) -> String {
            let lower = name.lowercased()
            return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
        }
    }

    /// Where a page of a listing begins; all nil for the first.
    package struct Place: Equatable, Sendable {
        package let name: String?
        package let type: String?
        /// Of several record sets of one name and type.
        package let identifier: String?

        package init(name: String?, type: String?, identifier: String?) {
            self.name = name
            self.type = type
            self.identifier = identifier
        }
    }

    /// How far a change has spread to the name servers.
    package struct ChangeInfo: Equatable, Sendable {
        package let id: String
        package let isInSync: Bool
    }
}
