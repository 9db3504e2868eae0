import Cryptography
import EventSourcing

/// All that AWS's simulator keeps.
struct AWSState: Codable, Sendable, Equatable {
    var accessPoints: [String: EFSAccessPoint] = [:]
    var zones: [String: Route53Zone] = [:]
    var changes: [String: Timestamp] = [:]
    /// Zones by change. Nil in what older builds kept.
    var changedZones: [String: String]?
    var buckets: [String: S3Bucket] = [:]
    /// Temporary credentials by access key id.
    var sessions: [String: STSSession] = [:]
}

/// Which vocabulary a service speaks its errors in.
enum AWSService: String, Sendable {
    case efs = "elasticfilesystem"
    case route53
    case s3
    case sts
}

/// One port for EFS, Route 53, S3, STS and the agent of Pod Identity.
struct AWSVendor: Vendor {
    let name = "aws"
    let configuration: SimulatorConfiguration.AWS
    let pace: Pace
    let clock: SimulatorClock
    let world: World<AWSState>
    /// Web identities come from the sandbox's own provider.
    private let issuer: TokenIssuer

    init(_ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock) async throws {
        self.configuration = configuration.aws
        self.clock = clock
        pace = configuration.pace
        var state = AWSState()
        for (id, name) in configuration.aws.hostedZones { state.zones[id] = Route53Zone(name: name) }
        world = try World(path: configuration.statePath(of: "aws"), initial: state)
        issuer = try await TokenIssuer(
            realm: configuration.identity, key: SigningKey(path: "\(configuration.directory)/identity/key.pem"),
            clock: clock)
    }

    func summary() async -> JSONValue {
        let state = await world.current
        return [
            "accessPoints": .integer(Int64(state.accessPoints.count)),
            "sessions": .integer(Int64(state.sessions.count)),
            "buckets": .array(state.buckets.keys.sorted().map { .string($0) }),
            "records": .object(
                Dictionary(state.zones.map { ($0.value.name, .integer(Int64($0.value.records.count))) }) { $1 }),
        ]
    }

    func answer(_ call: Call) async -> Answer {
        let requestID = uuid()
        var answer = await authenticated(call, requestID)
        let isS3 = answer.headers["x-amz-request-id"] != nil
        if !isS3 { answer.headers["x-amzn-RequestId"] = requestID }
        return answer
    }

    private func authenticated(_ call: Call, _ requestID: String) async -> Answer {
        if call.path == PodIdentityAgent.path {
            return await PodIdentityAgent(
                accountID: configuration.accountID, clock: clock, world: world, issuer: issuer
            ).answer(call)
        }
        let sts = STS(configuration: configuration, clock: clock, world: world, issuer: issuer, requestID: requestID)
        do throws(AWSSignature.Refusal) {
            guard let signature = try AWSSignature(call) else {
                // Federation is how one gets the first credentials: it is not signed.
                if call.method == "POST", call.path == "/", sts.isFederation(call) {
                    return await sts.answer(call, nil)
                }
                return AWSErrors.answer(.missing, service(ofUnsigned: call), requestID)
            }
            guard let service = AWSService(rawValue: signature.service) else {
                return .text(400, "The service \(signature.service) is not simulated")
            }
            do throws(AWSSignature.Refusal) {
                let principal = try await verify(signature, service, call)
                return await self.answer(call, service, principal, sts, requestID)
            } catch {
                return AWSErrors.answer(error, service, requestID)
            }
        } catch {
            return AWSErrors.answer(error, service(ofUnsigned: call), requestID)
        }
    }

    func service(ofUnsigned call: Call) -> AWSService {
        if call.path.hasPrefix("/2015-02-01/") { return .efs }
        return call.path.hasPrefix("/2013-04-01/") ? .route53 : .s3
    }

    /// The principal's ARN.
    private func verify(
        _ signature: AWSSignature, _ service: AWSService, _ call: Call
    ) async throws(AWSSignature.Refusal) -> String {
        let now = clock()
        // Route 53 is global, and its requests are signed for us-east-1.
        let region = service == .route53 ? "us-east-1" : configuration.region
        if signature.accessKeyID == configuration.accessKeyID {
            try signature.verify(secret: configuration.secretAccessKey, region: region, now: now)
            return "arn:aws:iam::\(configuration.accountID):user/deploycenter"
        }
        guard let session = await world.current.sessions[signature.accessKeyID],
            call.header("x-amz-security-token") == session.token
        else { throw .unknownKey }
        guard now < session.expiry else { throw .expiredToken }
        try signature.verify(secret: session.secret, region: region, now: now)
        return session.principal
    }

    private func answer(
        _ call: Call, _ service: AWSService, _ principal: String, _ sts: STS, _ requestID: String
    ) async -> Answer {
        let now = clock()
        switch service {
        case .efs:
            let efs = EFS(configuration: configuration, now: now, pace: pace)
            return await world.change { efs.answer(call, &$0) }
        case .route53:
            let route53 = Route53(now: now, pace: pace, requestID: requestID)
            return await world.change { route53.answer(call, &$0) }
        case .s3:
            let s3 = S3(configuration: configuration, now: now, requestID: requestID)
            var answer = await world.change { s3.answer(call, &$0) }
            answer.headers["x-amz-request-id"] = requestID
            return answer
        case .sts: return await sts.answer(call, principal)
        }
    }
}

/// Authentication's refusals in each service's words.
enum AWSErrors {
    static func answer(_ refusal: AWSSignature.Refusal, _ service: AWSService, _ requestID: String) -> Answer {
        let isS3 = service == .s3
        let (status, code, message): (Int, String, String) =
            switch refusal {
            case .missing:
                isS3
                    ? (403, "AccessDenied", "Access Denied")
                    : (
                        403, service == .efs ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken",
                        "Missing Authentication Token"
                    )
            case .malformed(let reason):
                isS3 ? (400, "AuthorizationHeaderMalformed", reason) : (400, "IncompleteSignature", reason)
            case .unknownKey:
                isS3
                    ? (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
                    : (
                        403, service == .efs ? "UnrecognizedClientException" : "InvalidClientTokenId",
                        "The security token included in the request is invalid."
                    )
            case .expiredToken:
                isS3
                    ? (400, "ExpiredToken", "The provided token has expired.")
                    : (
                        403, service == .efs ? "ExpiredTokenException" : "ExpiredToken",
                        "The security token included in the request is expired"
                    )
            case .skewed(let stamp):
                isS3
                    ? (
                        403, "RequestTimeTooSkewed",
                        "The difference between the request time and the current time is too large."
                    )
                    : (
                        403, service == .efs ? "InvalidSignatureException" : "SignatureDoesNotMatch",
                        "Signature expired: \(stamp) is too far from the current time"
                    )
            case .wrongRegion(let expected):
                isS3
                    ? (
                        400, "AuthorizationHeaderMalformed",
                        "The authorization header is malformed; the region is wrong; expecting '\(expected)'"
                    )
                    : (
                        403, service == .efs ? "InvalidSignatureException" : "SignatureDoesNotMatch",
                        "Credential should be scoped to a valid region, not another than '\(expected)'."
                    )
            case .mismatch:
                (
                    403, service == .efs ? "InvalidSignatureException" : "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you provided. "
                        + "Check your AWS Secret Access Key and signing method."
                )
            case .payloadMismatch:
                isS3
                    ? (
                        400, "XAmzContentSHA256Mismatch",
                        "The provided 'x-amz-content-sha256' header does not match what was computed."
                    )
                    : (
                        403, service == .efs ? "InvalidSignatureException" : "SignatureDoesNotMatch",
                        "The request signature we calculated does not match the signature you provided."
                    )
            }
        return error(status, code, message, service, requestID)
    }

    static func error(
        _ status: Int, _ code: String, _ message: String, _ service: AWSService, _ requestID: String
    ) -> Answer {
        switch service {
        case .efs:
            return .json(
                status, ["ErrorCode": .string(code), "Message": .string(message), "message": .string(message)],
                headers: ["x-amzn-ErrorType": code])
        case .s3:
            let body = XMLElement(
                "Error", [XMLElement("Code", code), XMLElement("Message", message), XMLElement("RequestId", requestID)])
            var answer = Answer.text(status, body.document(namespace: ""), type: "application/xml")
            answer.headers["x-amz-request-id"] = requestID
            return answer
        case .route53, .sts:
            let namespace =
                service == .sts
                ? "https://sts.amazonaws.com/doc/2011-06-15/" : "https://route53.amazonaws.com/doc/2013-04-01/"
            let body = XMLElement(
                "ErrorResponse",
                [
                    XMLElement(
                        "Error",
                        [
                            XMLElement("Type", status < 500 ? "Sender" : "Receiver"), XMLElement("Code", code),
                            XMLElement("Message", message),
                        ]), XMLElement("RequestId", requestID),
                ])
            return .text(status, body.document(namespace: namespace), type: "text/xml")
        }
    }
}
