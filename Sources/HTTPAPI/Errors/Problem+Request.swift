import Application
import HTTPTypes

extension Problem {
    static func unknownRoute(_ path: String) -> Problem {
        Problem(
            .notFound, "route.unknown", "There is nothing at \(path.prefix(200)).",
            whatToDo: "Look up the path in /openapi.json.")
    }

    static func wrongMethod(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Problem {
        Problem(
            .methodNotAllowed, "route.wrong_method", "This path does not have the method \(method.rawValue).",
            whatToDo: "Use \(allowed.map(\.rawValue).joined(separator: " or ")).", allowed: allowed)
    }

    static let tokenMissing = Problem(
        .unauthenticated, "token.missing", "The request has no bearer token.",
        whatToDo: "Log in and send the token as `Authorization: Bearer …`.")

    static let tokenExpired = Problem(
        .unauthenticated, "token.expired", "Your login has expired.", whatToDo: "Log in again.")

    static func tokenInvalid(reason: String) -> Problem {
        Problem(
            .unauthenticated, "token.invalid", "The token is not accepted.", whatToDo: "Log in again.",
            internalReason: reason)
    }

    static func roleMissing(_ needed: Role, has roles: Set<Role>) -> Problem {
        let own = roles.sorted().map(\.rawValue).joined(separator: ", ")
        return Problem(
            .forbidden, "role.missing",
            "This needs the role \(needed.rawValue); you have \(own.isEmpty ? "none" : own).",
            whatToDo: "Ask somebody who has the role, or ask an administrator of the identity provider for it.")
    }

    static func brokenJSON(_ failure: JSONReader.Failure) -> Problem {
        Problem(
            .malformed, "body.not_json",
            "The body is not JSON: line \(failure.line), column \(failure.column): \(failure.reason).",
            whatToDo: "Correct the body at that place.")
    }

    static let bodyUnreadable = Problem(
        .malformed, "body.unreadable", "The body did not arrive whole.", whatToDo: "Send the request again.")

    static func bodyTooLarge(limitBytes: Int) -> Problem {
        Problem(
            .bodyTooLarge, "body.too_large", "The body may have \(limitBytes) bytes at most.",
            whatToDo: "Send less.")
    }

    static func wrongContentType(_ found: String?) -> Problem {
        Problem(
            .wrongContentType, "body.wrong_content_type",
            found.map { "The content type is \($0.prefix(100))." } ?? "The request does not name a content type.",
            whatToDo: "Send `Content-Type: application/json`.")
    }

    static func invalid(_ errors: [FieldError]) -> Problem {
        Problem(
            .invalid, "request.invalid",
            errors.count == 1
                ? "One thing is wrong with the request." : "\(errors.count) things are wrong with the request.",
            whatToDo: "Correct what `errors` names and send the request again.", errors: errors)
    }
}
