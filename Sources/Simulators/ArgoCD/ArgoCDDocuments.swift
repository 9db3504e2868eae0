import Cryptography
import EventSourcing

// The JSON of Argo CD's API for one application.
extension ArgoCDApplication {
    func document(at now: Timestamp, pace: Pace) -> JSONValue {
        let (health, message) = health(at: now, pace: pace)
        var metadata: JSONValue = [
            "name": .string(name), "namespace": "argocd", "uid": .string(uid),
            // Health advances by itself: it is part of the version.
            "resourceVersion": "\(version * 10 + health.rawValue)", "generation": .integer(Int64(generation)),
            "creationTimestamp": .string(createdAt.toSecond), "labels": labels, "annotations": annotations,
        ]
        if !finalizers.isEmpty {
            metadata = metadata.merging(["finalizers": .array(finalizers.map { .string($0) })])
        }
        if let deletingSince {
            metadata = metadata.merging([
                "deletionTimestamp": .string(deletingSince.toSecond), "deletionGracePeriodSeconds": 0,
            ])
        }
        return [
            "metadata": metadata.compact, "spec": spec,
            "status": status(health, message, at: now, pace: pace),
        ]
    }

    private func status(_ health: ArgoCDHealth, _ message: String?, at now: Timestamp, pace: Pace) -> JSONValue {
        let changed = live.values.map(\.appliedAt).max() ?? createdAt
        var healthDocument: JSONValue = [
            "status": .string(health.text),
            "lastTransitionTime": .string(
                (health == .healthy || health == .degraded ? changed.adding(pace.healthSeconds) : changed).toSecond),
        ]
        if let message { healthDocument = healthDocument.merging(["message": .string(message)]) }
        var document: JSONValue = [
            "sync": [
                "status": .string(syncStatus), "revision": .string(target.problem == nil ? target.revision : ""),
                "comparedTo": ["source": spec["source"] ?? [:], "destination": spec["destination"] ?? [:]],
            ],
            "health": healthDocument, "reconciledAt": .string(reconciledAt.toSecond), "sourceType": "Directory",
            "controllerNamespace": "argocd", "resourceHealthSource": "appTree",
            "resources": .array(resourceDocuments(at: now, pace: pace)),
            "summary": [
                "images": .array(Set(live.values.flatMap(\.resource.images)).sorted().map { .string($0) }),
                "externalURLs": .array(live.values.flatMap(\.resource.hosts).sorted().map { "https://\($0)" }),
            ],
            "history": .array(history.map(document)),
        ]
        if let problem = target.problem {
            let condition: JSONValue = [
                "type": "ComparisonError", "message": .string(Self.comparisonError(problem)),
                "lastTransitionTime": .string(reconciledAt.toSecond),
            ]
            document = document.merging(["conditions": [condition]])
        }
        if let operation { document = document.merging(["operationState": operationDocument(operation)]) }
        return document
    }

    private func document(_ deployed: Deployed) -> JSONValue {
        [
            "id": .integer(Int64(deployed.id)), "revision": .string(deployed.revision),
            "deployStartedAt": .string(deployed.startedAt.toSecond),
            "deployedAt": .string(deployed.deployedAt.toSecond), "initiatedBy": deployed.initiatedBy,
            "source": spec["source"] ?? [:],
        ]
    }

    private func operationDocument(_ operation: Operation) -> JSONValue {
        var document: JSONValue = [
            "phase": .string(operation.phase), "message": .string(operation.message),
            "startedAt": .string(operation.startedAt.toSecond), "operation": operation.request,
            "finishedAt": JSONValue(operation.finishedAt?.toSecond),
        ]
        if operation.phase != "Error" {
            document = document.merging([
                "syncResult": [
                    "revision": .string(operation.rendering.revision), "source": spec["source"] ?? [:],
                    "resources": .array(operation.results),
                ]
            ])
        }
        return document.compact
    }

    /// Wanted and live objects by key; one of both may be absent.
    private var objects: [(wanted: ArgoCDResource?, live: Live?)] {
        let wanted = Dictionary(target.resources.map { ($0.key, $0) }) { $1 }
        return Set(wanted.keys).union(live.keys).sorted().map { (wanted[$0], live[$0]) }
    }

    private func resourceDocuments(at now: Timestamp, pace: Pace) -> [JSONValue] {
        objects.compactMap { wanted, live in
            guard let resource = wanted ?? live?.resource else { return nil }
            let isSynced = wanted?.digest == live?.resource.digest
            return reference(resource).merging([
                "status": isSynced ? "Synced" : "OutOfSync", "requiresPruning": wanted == nil ? true : .null,
                "health": live.map { health($0, at: now, pace: pace) } ?? ["status": "Missing"],
            ]).compact
        }
    }

    private func reference(_ resource: ArgoCDResource) -> JSONValue {
        [
            "group": .string(resource.group), "version": .string(resource.version), "kind": .string(resource.kind),
            "namespace": .string(resource.namespace), "name": .string(resource.name),
        ]
    }

    private func health(_ live: Live, at now: Timestamp, pace: Pace) -> JSONValue {
        let (health, message) = health(of: live, at: now, pace: pace)
        let document: JSONValue = ["status": .string(health.text), "message": JSONValue(message)]
        return document.compact
    }

    /// Live objects and the pods that workloads make; wanted ones that are missing have no uid.
    func tree(at now: Timestamp, pace: Pace) -> JSONValue {
        let nodes = objects.flatMap { wanted, live -> [JSONValue] in
            guard let live else {
                return wanted.map { [reference($0).merging(["health": ["status": "Missing"]])] } ?? []
            }
            return self.nodes(live, at: now, pace: pace)
        }
        return ["nodes": .array(nodes), "orphanedNodes": [], "hosts": [], "shardsCount": 1]
    }

    private func nodes(_ live: Live, at now: Timestamp, pace: Pace) -> [JSONValue] {
        let resource = live.resource
        let health = health(live, at: now, pace: pace)
        var root = reference(resource).merging([
            "uid": .string(identity(resource.key)), "resourceVersion": "\(version)", "health": health,
            "createdAt": .string(live.createdAt.toSecond),
        ])
        if !resource.images.isEmpty {
            root = root.merging(["images": .array(resource.images.map { .string($0) })])
        }
        if !resource.hosts.isEmpty {
            root = root.merging([
                "networkingInfo": [
                    "ingress": .array(resource.hosts.map { ["hostname": .string("alb.\($0)")] }),
                    "externalURLs": .array(resource.hosts.map { "https://\($0)" }),
                ]
            ])
        }
        var nodes = [root]
        let suffix = resource.digest.prefix(10)
        let chains = [
            "Deployment": [("ReplicaSet", "apps", "-\(suffix)"), ("Pod", "", "-\(suffix)-0")],
            "StatefulSet": [("Pod", "", "-0")], "Job": [("Pod", "", "-\(suffix.prefix(5))")],
        ]
        var parent = (group: resource.group, kind: resource.kind, name: resource.name, uid: identity(resource.key))
        for (kind, group, ending) in chains[resource.kind] ?? [] {
            let child = resource.name + ending
            let uid = identity("\(kind)/\(child)")
            nodes.append([
                "group": .string(group), "version": "v1", "kind": .string(kind), "name": .string(child),
                "namespace": .string(resource.namespace), "uid": .string(uid), "health": health,
                "createdAt": .string(live.appliedAt.toSecond),
                "parentRefs": [
                    [
                        "group": .string(parent.group), "kind": .string(parent.kind), "name": .string(parent.name),
                        "namespace": .string(resource.namespace), "uid": .string(parent.uid),
                    ]
                ],
            ])
            parent = (group, kind, child, uid)
        }
        return nodes
    }

    private func identity(_ key: String) -> String { uuid(Array(SHA256.hash(utf8: "\(uid)/\(key)").prefix(16))) }

    /// Wanted and live manifests, as JSON texts.
    var managedResources: JSONValue {
        let items = objects.compactMap { wanted, live -> JSONValue? in
            guard let resource = wanted ?? live?.resource else { return nil }
            let target = wanted?.manifest.text ?? "null"
            let current = live?.resource.manifest.text ?? "null"
            // A difference names no version.
            return reference(resource).merging([
                "version": nil, "targetState": .string(target), "liveState": .string(current),
                "normalizedLiveState": .string(current),
                "predictedLiveState": .string(target), "modified": .bool(wanted?.digest != live?.resource.digest),
            ]).compact
        }
        return ["items": .array(items)]
    }
}
