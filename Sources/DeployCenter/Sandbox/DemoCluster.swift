import EventSourcing

/// The clusters of the sandbox: Argo CD, EFS and Route 53 know their parts of them.
struct DemoCluster: Sendable {
    let name: String
    let region: String
    let fileSystem: String
    let hostedZone: String
    let zoneDomain: String

    static let all = [
        DemoCluster(
            name: "eks-eu-1", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
            hostedZone: "Z0SANDBOXEU1", zoneDomain: "eu1.apps.example"),
        DemoCluster(
            name: "eks-eu-2", region: "eu-central-1", fileSystem: "fs-0fedcba9876543210", hostedZone: "Z0SANDBOXEU2",
            zoneDomain: "eu2.apps.example"),
    ]

    /// The body of the request that registers the cluster.
    var registration: JSONValue {
        [
            "id": .string(name), "destination": .string(name), "region": .string(region),
            "fileSystem": .string(fileSystem), "hostedZone": .string(hostedZone), "zoneDomain": .string(zoneDomain),
            "ingressHostname": "k8s-shared-\(name).elb.\(region).amazonaws.com", "labels": ["tier": "shared"],
        ]
    }
}
