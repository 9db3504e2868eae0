import Cryptography
import EventSourcing

/// Temporary credentials of one session. They live in the sandbox's directory only.
struct STSSession: Codable, Sendable, Equatable {
    let secret: String
    let token: String
    let expiry: Timestamp
    let principal: String

    /// A new one under its access key id.
    static func made(principal: String, expiry: Timestamp) -> (id: String, session: STSSession) {
        (
            "ASIA\(SecureRandom.bytes(8).hex.uppercased())",
            STSSession(
                secret: SecureRandom.bytes(30).base64URL, token: SecureRandom.bytes(64).base64URL, expiry: expiry,
                principal: principal)
        )
    }
}

/// The Security Token Service: who am I, and a session for a web identity.
struct STS: Sendable {
    let configuration: SimulatorConfiguration.AWS
    let clock: SimulatorClock
    let world: World<AWSState>
    let issuer: TokenIssuer
    let requestID: String

    private func form(_ call: Call) -> [String: String] {
        Dictionary(formItems(String(decoding: call.body, as: UTF8.self)).map { ($0.name, $0.value) }) { $1 }
    }

    func isFederation(_ call: Call) -> Bool { form(call)["Action"] == "AssumeRoleWithWebIdentity" }

    func answer(_ call: Call, _ principal: String?) async -> Answer {
        let form = form(call)
        switch form["Action"] {
        case "GetCallerIdentity":
            return result(
                "GetCallerIdentity",
                [
                    XMLElement("Arn", principal ?? ""), XMLElement("UserId", configuration.accessKeyID),
                    XMLElement("Account", configuration.accountID),
                ])
        case "AssumeRoleWithWebIdentity": return await assumeRole(form)
        default: return refusal(400, "InvalidAction", "Could not find operation \(form["Action"] ?? "")")
        }
    }

    private func assumeRole(_ form: [String: String]) async -> Answer {
        guard let role = form["RoleArn"], let session = form["RoleSessionName"], let token = form["WebIdentityToken"]
        else { return refusal(400, "ValidationError", "RoleArn, RoleSessionName and WebIdentityToken are required") }
        let name = role.split(separator: "/").last.map(String.init) ?? ""
        guard role.hasPrefix("arn:aws:iam::\(configuration.accountID):role/"), !name.isEmpty else {
            return refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        }
        guard let claims = await issuer.verified(token) else {
            return refusal(
                400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT, or it has expired.")
        }
        let seconds = Double(form["DurationSeconds"] ?? "") ?? 3600
        guard (900...43_200).contains(seconds) else {
            return refusal(400, "ValidationError", "DurationSeconds must be between 900 and 43200")
        }
        let expiry = clock().adding(seconds)
        let principal = "arn:aws:sts::\(configuration.accountID):assumed-role/\(name)/\(session)"
        let (id, credentials) = STSSession.made(principal: principal, expiry: expiry)
        await world.change { $0.sessions[id] = credentials }
        return result(
            "AssumeRoleWithWebIdentity",
            [
                XMLElement(
                    "Credentials",
                    [
                        XMLElement("AccessKeyId", id), XMLElement("SecretAccessKey", credentials.secret),
                        XMLElement("SessionToken", credentials.token), XMLElement("Expiration", expiry.toSecond),
                    ]), XMLElement("SubjectFromWebIdentityToken", claims["sub"]?.string ?? ""),
                XMLElement(
                    "AssumedRoleUser",
                    [XMLElement("Arn", principal), XMLElement("AssumedRoleId", "AROASANDBOX:\(session)")]),
                XMLElement("Audience", claims["aud"]?.array?.first?.string ?? ""),
                XMLElement("Provider", claims["iss"]?.string ?? ""),
            ])
    }

    private func result(_ operation: String, _ members: [XMLElement]) -> Answer {
        let body = XMLElement(
            "\(operation)Response",
            [
                XMLElement("\(operation)Result", members),
                XMLElement("ResponseMetadata", [XMLElement("RequestId", requestID)]),
            ])
        return .text(200, body.document(namespace: "https://sts.amazonaws.com/doc/2011-06-15/"), type: "text/xml")
    }

    private func refusal(_ status: Int, _ code: String, _ message: String) -> Answer {
        AWSErrors.error(status, code, message, .sts, requestID)
    }
}
