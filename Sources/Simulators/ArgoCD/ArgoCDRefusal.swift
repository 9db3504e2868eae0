import EventSourcing

/// Why Argo CD refuses, by its gRPC code; the status follows grpc-gateway v1.16, where FailedPrecondition is 400.
enum ArgoCDRefusal: Error, Sendable {
    case invalidArgument(String)
    case notFound(String)
    case permissionDenied
    case outsideSyncWindow
    case failedPrecondition(String)
    case unauthenticated(String)
    case unknown(String)

    var answer: Answer {
        let (status, code, message) =
            switch self {
            case .invalidArgument(let message): (400, 3, message)
            case .notFound(let message): (404, 5, message)
            case .permissionDenied: (403, 7, "permission denied")
            case .outsideSyncWindow: (403, 7, "cannot sync: blocked by sync window")
            case .failedPrecondition(let message): (400, 9, message)
            case .unauthenticated(let message): (401, 16, message)
            case .unknown(let message): (500, 2, message)
            }
        return .json(
            status, ["error": .string(message), "code": .integer(Int64(code)), "message": .string(message)])
    }
}
