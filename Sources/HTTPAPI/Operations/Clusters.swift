import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    var clusters: [Operation] {
        [
            .list(
                "listClusters", "/api/v1/clusters", .clusters, "List clusters", schema: "ClusterPage",
                parameters: Parameter.filters(of: .clusters)
            ) { try await page(.clusters, $0) },
            .item(
                "getCluster", "/api/v1/clusters/{cluster}", .clusters, "Show a cluster", schema: "Cluster",
                parameters: [.cluster]
            ) { call in
                let id = try call.required("cluster")
                return try await row(.clusters, key: id, call, missing: .missing("cluster", id))
            },
            .command(
                "registerCluster", .post, "/api/v1/clusters", .clusters, "Register a cluster", role: .admin,
                body: .init(schema: "ClusterRegistration", example: Self.clusterExample), success: .made
            ) { call in
                let id = ID<Cluster>(try call.text("id"))
                let receipt = try await commands.registerCluster(id, try call.clusterDescription(), try call.context())
                return .receipt(receipt, .made, at: "/api/v1/clusters/\(id)")
            },
            .command(
                "cordonCluster", .post, "/api/v1/clusters/{cluster}/cordon", .clusters, "Cordon a cluster",
                "It takes no new deployments; what runs there goes on running.", role: .admin, parameters: [.cluster],
                body: .reason("upgrade to Kubernetes 1.35")
            ) { call in
                .receipt(
                    try await commands.cordonCluster(
                        call.id("cluster", of: Cluster.self), reason: try call.text("reason"), try call.context()))
            },
            .command(
                "uncordonCluster", .post, "/api/v1/clusters/{cluster}/uncordon", .clusters, "Uncordon a cluster",
                role: .admin, parameters: [.cluster]
            ) { call in
                .receipt(try await commands.uncordonCluster(call.id("cluster", of: Cluster.self), try call.context()))
            },
            .command(
                "retireCluster", .post, "/api/v1/clusters/{cluster}/retire", .clusters, "Retire a cluster",
                "For good: the name is never used again.", role: .admin, parameters: [.cluster],
                body: .reason("replaced by prod-eu-2")
            ) { call in
                .receipt(
                    try await commands.retireCluster(
                        call.id("cluster", of: Cluster.self), reason: try call.text("reason"), try call.context()))
            },
        ]
    }

    private static let clusterExample: JSONValue = [
        "id": "prod-eu-1", "destination": "prod-eu-1", "region": "eu-central-1", "fileSystem": "fs-0123456789abcdef0",
        "hostedZone": "Z0123456789ABC", "zoneDomain": "apps.example.com",
        "ingressHostname": "k8s-ingress-1.elb.eu-central-1.amazonaws.com", "labels": ["stage": "production"],
    ]
}

extension Call {
    fileprivate func clusterDescription() throws(Problem) -> Cluster.Description {
        Cluster.Description(
            destination: try text("destination"), region: try text("region"), fileSystem: try text("fileSystem"),
            hostedZone: try text("hostedZone"), zoneDomain: try text("zoneDomain"),
            ingressHostname: try text("ingressHostname"),
            labels: (body["labels"]?.object ?? [:]).compactMapValues(\.string))
    }
}
