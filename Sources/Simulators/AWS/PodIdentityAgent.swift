import EventSourcing

/// The agent on an EKS node that hands out credentials of a pod's role for the pod's token; listens beside AWS here.
struct PodIdentityAgent: Sendable {
    static let path = "/v1/credentials"
    /// As the agent's sessions last by default.
    private static let sessionSeconds = 21_600.0

    let accountID: String
    let clock: SimulatorClock
    let world: World<AWSState>
    let issuer: TokenIssuer

    func answer(_ call: Call) async -> Answer {
        guard call.method == "GET" else { return .json(405, ["message": "Method Not Allowed"]) }
        guard let token = call.header("authorization"), let claims = await issuer.verified(token) else {
            return .json(
                400,
                ["code": "AccessDeniedException", "message": "The service account token is not valid or has expired"])
        }
        let (id, session) = STSSession.made(
            principal: "arn:aws:sts::\(accountID):assumed-role/deploycenter/eks-\(claims["sub"]?.string ?? "")",
            expiry: clock().adding(Self.sessionSeconds))
        await world.change { $0.sessions[id] = session }
        return .json(
            200,
            [
                "AccessKeyId": .string(id), "SecretAccessKey": .string(session.secret),
                "Token": .string(session.token), "Expiration": .string(session.expiry.toSecond),
                "AccountId": .string(accountID),
            ])
    }
}
