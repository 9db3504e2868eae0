import EventSourcing

// The names of the provider's operations, and what it says when one goes wrong.
extension IdentityVendor {
    var operations: [String] {
        ["identity.discovery", "identity.certs", "identity.token", "identity.userinfo", "identity.other"]
    }

    func operation(of call: Call) -> String {
        let last = call.segments.last ?? ""
        if last == "openid-configuration" { return "identity.discovery" }
        return operations.first { $0 == "identity.\(last)" } ?? "identity.other"
    }

    func answer(to call: Call, _ operation: String, meeting fault: Fault, seconds: Double) async -> Answer {
        let (status, error, text) =
            switch fault {
            case .throttle: (429, "temporarily_unavailable", "Too many requests")
            case .serverError, .wrongState: (503, "temporarily_unavailable", "The server is starting")
            case .expiredCredentials: (401, "invalid_token", "Token is not active")
            default: (403, "access_denied", "Forbidden")
            }
        return .json(status, ["error": .string(error), "error_description": .string(text)])
    }

    func inventory() async -> [JSONValue] {
        realm.users.map { ["kind": "identity.User", "id": .string($0.username), "tags": [:]] }
    }
}
