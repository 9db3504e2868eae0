import Application
import Domain
import EventSourcing

extension Schemas {
    private static let tier = pattern(
        NamePattern.tier,
        "What the customer means to the company, such as `gold`: a policy may ask for approvals by it.")

    static let customers: [String: JSONValue] = [
        "CustomerCreation": object([
            "id": pattern(NamePattern.customer, "Short, lower case, for ever: it is part of namespaces and addresses."),
            "name": text("What people call the customer."),
            "contactName?": text("Whom to ask."),
            "contactEmail?": ["type": "string", "format": "email", "maxLength": 254], "tier?": tier,
        ]),
        "CustomerDetails": object([
            "name": text("What people call the customer."),
            "contactName?": text("Whom to ask."),
            "contactEmail?": ["type": "string", "format": "email", "maxLength": 254], "tier?": tier,
        ]),
        "CustomerRoute": object([
            "cluster": pattern(NamePattern.cluster, "Where the customer's next deployments go.")
        ]),
        "Reason": object(["reason": reason]),
        "Customer": object([
            "id": string, "name": string, "contactName": orNull(string), "contactEmail": orNull(string),
            "tier": orNull(string), "cluster": orNull(string), "state": states(of: .customers),
            "reason": orNull(string), "createdBy": string,
            "createdAt": time, "updatedAt": time, "streamVersion": integer, "position": position,
        ]),
        "CustomerPage": page("Customer"),
    ]

    static let clusters: [String: JSONValue] = [
        "ClusterRegistration": object([
            "id": pattern(NamePattern.cluster, "The cluster's name here."),
            "destination": text("The cluster's name or API server URL in Argo CD."),
            "region": pattern("^[a-z]{2}(-[a-z]+)+-[0-9]$", "The AWS region."),
            "fileSystem": pattern("^fs-[0-9a-f]{8,40}$", "The EFS file system for access points."),
            "hostedZone": pattern("^[A-Z0-9]{1,32}$", "The id of the Route 53 hosted zone."),
            "zoneDomain": pattern(NamePattern.domain, "The domain that the zone serves."),
            "ingressHostname": pattern(NamePattern.domain, "The load balancer that applications' names lead to."),
            "labels?": [
                "type": "object", "maxProperties": 50, "description": "For people and reports.",
                "additionalProperties": ["type": "string", "maxLength": 200],
            ],
        ]),
        "Cluster": object([
            "id": string, "state": states(of: .clusters), "reason": orNull(string), "destination": string,
            "region": string, "fileSystem": string, "hostedZone": string, "zoneDomain": string,
            "ingressHostname": string, "labels": ["type": "object", "additionalProperties": ["type": "string"]],
            "registeredBy": string, "registeredAt": time, "updatedAt": time, "streamVersion": integer,
            "position": position,
        ]),
        "ClusterPage": page("Cluster"),
    ]

    static let templates: [String: JSONValue] = [
        "TemplateSubmission": object([
            "files": [
                "type": "object", "minProperties": 1, "maxProperties": 500,
                "description":
                    "Texts by path: `template.yaml`, which names template and version, `base/…`, `overlays/…`.",
                "additionalProperties": ["type": "string", "maxLength": 1_048_576],
            ]
        ]),
        "TemplateVersion": object([
            "template": string, "version": string,
            "standing": choice(
                ["waiting", "approved", "rejected", "deprecated"], "Only an approved version can be deployed."),
            "title": string, "description": string, "digest": string, "definition": orNull(string), "filePaths": texts,
            "submittedBy": string, "submittedAt": time, "approvedBy": orNull(string), "approvedAt": orNull(time),
            "rejectedBy": orNull(string), "rejectedAt": orNull(time), "rejectionReason": orNull(string),
            "deprecatedBy": orNull(string), "deprecatedAt": orNull(time), "deprecationReason": orNull(string),
            "updatedAt": time, "streamVersion": integer, "position": position,
        ]),
        "TemplateVersionPage": page("TemplateVersion"),
    ]
}
