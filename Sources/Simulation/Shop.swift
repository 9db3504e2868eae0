import Domain
import EventSourcing

/// What the people of a simulation deploy: the smallest template that has a parameter and needs a domain, on one cluster.
enum Shop {
    static let cluster = Cluster.Description(
        destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
        hostedZone: "Z0FRANKFURT", zoneDomain: "apps.example.com", ingressHostname: "lb.eu-central-1.elb.amazonaws.com")

    /// What a version needs is in its name: 1.<1 for an access point>.<1 for a bucket>.
    static func version(_ needs: Release.Needs) -> String {
        "1.\(needs.accessPoint == nil ? 0 : 1).\(needs.bucket ? 1 : 0)"
    }

    static func needs(accessPoint: Bool, bucket: Bool) -> Release.Needs {
        Release.Needs(accessPoint: accessPoint ? .init(uid: 101, gid: 101) : nil, bucket: bucket)
    }

    static let templates = [(false, false), (false, true), (true, false), (true, true)].map {
        needs(accessPoint: $0, bucket: $1)
    }
    .map(template)

    private static func template(_ needs: Release.Needs) -> TemplateSubmitted {
        let version = version(needs)
        return TemplateSubmitted(
            version: version, title: "Shop", description: "A shop.",
            files: [
                "template.yaml": """
                name: shop
                version: \(version)
                title: Shop
                description: A shop.
                parameters:
                  type: object
                  additionalProperties: false
                  properties:
                    workers: {type: integer, minimum: 0, maximum: 8, default: 2}
                needs:
                  domain: true
                \(needs.accessPoint == nil ? "" : "  accessPoint: {uid: 101, gid: 101}")
                \(needs.bucket ? "  bucket: true" : "")
                """,
                "base/config.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: shop
                  namespace: "{{ namespace }}"
                data:
                  domain: "{{ domain }}"
                  workers: "{{ parameters.workers }}"
                \(needs.accessPoint == nil ? "" : "  files: \"{{ accessPoint.id }}\"")
                \(needs.bucket ? "  objects: \"{{ bucket.name }}\"" : "")
                """,
            ], digest: "", submittedBy: "ada")
    }

    static func release(_ name: String, workers: Int64, needs: Release.Needs) -> Release {
        Release(
            customer: "akme", customerName: "Akme", name: name, environment: .production, size: .small,
            cluster: "frankfurt", target: cluster, template: "shop", templateVersion: version(needs),
            parameters: ["workers": .integer(workers)], domain: "\(name).apps.example.com", needs: needs)
    }
}
