package import HTTPClient

/// Which servers answer for AWS; by default its own.
package struct AWSConfiguration: Sendable {
    /// Another server for a service: a VPC endpoint, or a stand-in. S3 is then addressed by path.
    package var endpoints: [AWSService: Endpoint]
    /// For one request and its answer.
    package var timeout: Duration = .seconds(15)

    package init(endpoints: [AWSService: Endpoint] = [:]) { self.endpoints = endpoints }

    /// Reads `AWS_ENDPOINT_URL_<service>` and `AWS_ENDPOINT_URL`, as all AWS clients do. Answers the variable that holds no URL.
    package init(environment: [String: String]) throws(AWSFailure) {
        var endpoints: [AWSService: Endpoint] = [:]
        for service in AWSService.allCases {
            let name = "AWS_ENDPOINT_URL_\(service.variableSuffix)"
            guard let url = environment[name] ?? environment["AWS_ENDPOINT_URL"], !url.isEmpty else { continue }
            guard let endpoint = Endpoint(url) else { throw .refused(reason: "\(name) holds no HTTP address") }
            endpoints[service] = endpoint
        }
        self.endpoints = endpoints
    }

    /// The server of a service in a region.
    package func endpoint(of service: AWSService, region: String) -> Endpoint? {
        if let endpoint = endpoints[service] { return endpoint }
        let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        switch service {
        case .route53: return Endpoint("https://route53.amazonaws.com")
        case .efs, .s3, .sts: return Endpoint("https://\(service.signingName).\(region).\(suffix)")
        }
    }

    /// The address of a bucket: a host of its own, unless its name has dots (which no wildcard certificate covers) or the
    /// endpoint is not AWS' own.
    func bucket(_ name: String, region: String) -> (endpoint: Endpoint, segments: [String])? {
        guard let endpoint = endpoint(of: .s3, region: region) else { return nil }
        if endpoints[.s3] == nil, !name.contains("."), let own = Endpoint("https://\(name).\(endpoint.authority)") {
            return (own, [])
        }
        return (endpoint, [name])
    }
}

/// The parts of AWS that deployments need.
package enum AWSService: Hashable, Sendable, CaseIterable {
    case efs
    case route53
    case s3
    case sts

    /// In the scope of a signature; of regional services also in the host name.
    package var signingName: String {
        switch self {
        case .efs: "elasticfilesystem"
        case .route53: "route53"
        case .s3: "s3"
        case .sts: "sts"
        }
    }

    var variableSuffix: String {
        switch self {
        case .efs: "EFS"
        case .route53: "ROUTE_53"
        case .s3: "S3"
        case .sts: "STS"
        }
    }
}
