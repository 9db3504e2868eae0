import Application
import HTTPTypes

/// Finds out who sends a request and whether they may ask for the operation.
struct Authentication: Sendable {
    let tokens: any TokenVerification

    func principal(of headers: HTTPFields, for role: Role) async throws(Problem) -> Principal {
        guard let header = headers[.authorization] else { throw .tokenMissing }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].contains(" ") else {
            throw .tokenInvalid(reason: "the header is not `Bearer` and one token")
        }
        let principal: Principal
        do throws(TokenRejection) {
            principal = try await tokens.verify(token: String(parts[1]))
        } catch {
            throw Problem(error)
        }
        guard principal.mayAct(as: role) else { throw .roleMissing(role, has: principal.roles) }
        return principal
    }
}
