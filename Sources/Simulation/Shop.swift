import Domain
import EventSourcing

/// What the people of a simulation deploy: the smallest template that has a parameter and needs a domain, on one cluster.
enum Shop {
    static let cluster = Cluster.Description(
        destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
        hostedZone: "Z0FRANKFURT", zoneDomain: "apps.example.com", ingressHostname: "lb.eu-central-1.elb.amazonaws.com")

    static let template = TemplateSubmitted(
        version: "1.0.0", title: "Shop", description: "A shop.",
        files: [
            "template.yaml": """
            name: shop
            version: 1.0.0
            title: Shop
            description: A shop.
            parameters:
              type: object
              additionalProperties: false
              properties:
                workers: {type: integer, minimum: 0, maximum: 8, default: 2}
            needs:
              domain: true
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
            """,
        ], digest: "", submittedBy: "ada")

    static func release(_ name: String, workers: Int64, needs: Release.Needs) -> Release {
        Release(
            customer: "akme", customerName: "Akme", name: name, environment: .production, size: .small,
            cluster: "frankfurt", target: cluster, template: "shop", templateVersion: "1.0.0",
            parameters: ["workers": .integer(workers)], domain: "\(name).apps.example.com", needs: needs)
    }
}
