import Application
import EventSourcing
import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// Answers every request of the server: finds its operation, checks what the table says must be checked, in this order: route,
/// token, role, parameters, content type, size, JSON, schema; and counts and logs how it ended.
struct APIResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let catalogue: Catalogue
    let authentication: Authentication
    let metrics: PrometheusRegistry
    let surroundings: Surroundings
    let logger: Logger

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        var exchange = Exchange(
            correlationID: CorrelationID.choose(request.headers[.correlationID], orMake: surroundings.uuid),
            path: String((request.head.path ?? "/").prefix { $0 != "?" }), logger: logger)
        var response: Response
        do {
            response = exchange.response(try await answer(request, &exchange))
        } catch {
            response = exchange.response(Problem(error))
        }
        response.headers.addSecurity()
        response.headers[.correlationID] = exchange.correlationID
        record(request, response, exchange, start.duration(to: .now))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ exchange: inout Exchange) async throws -> Reply {
        guard let target = Target(request.head.path ?? "/") else { throw Problem.unknownRoute(exchange.path) }
        let operation: Operation
        let pathValues: [String: String]
        switch catalogue.route(request.method, target.path) {
        case .operation(let found, let values): (operation, pathValues) = (found, values)
        case .wrongMethod(let allowed): throw Problem.wrongMethod(request.method, allowed: allowed)
        case .unknown: throw Problem.unknownRoute(exchange.path)
        }
        exchange.operation = operation
        if let role = operation.role {
            exchange.principal = try await authentication.principal(of: request.headers, for: role)
        }
        let (arguments, errors) = catalogue.arguments(
            of: operation, path: pathValues, query: target.query, headers: request.headers)
        let (body, rawBody) = try await self.body(of: request, for: operation, errors)
        let call = Call(
            operation: operation, catalogue: catalogue, principal: exchange.principal, arguments: arguments,
            headers: request.headers, body: body, rawBody: rawBody, path: exchange.path,
            correlationID: exchange.correlationID,
            logger: exchange.logger)
        return try await operation.handle(call)
    }

    /// The checked body; all violations of parameters and body come together.
    private func body(
        of request: Request, for operation: Operation, _ errors: [FieldError]
    ) async throws(Problem) -> (JSONValue, raw: [UInt8]) {
        guard let expected = operation.body else {
            let extra = try await bodyThatNobodyAsksFor(request)
            guard errors.isEmpty, extra.isEmpty else { throw .invalid(errors + extra) }
            return (.null, [])
        }
        let type = request.headers[.contentType]
        guard let type, type.isJSON else { throw .wrongContentType(type) }
        let bytes = try await collect(request, upTo: expected.bytesMax)
        guard !expected.isRaw else {
            guard errors.isEmpty else { throw .invalid(errors) }
            return (.null, bytes)
        }
        let value: JSONValue
        do throws(JSONReader.Failure) { value = try JSONReader.read(bytes) } catch { throw .brokenJSON(error) }
        let all = errors + catalogue.violations(of: value, for: operation)
        guard all.isEmpty else { throw .invalid(all) }
        return (value, [])
    }

    /// Some clients send `{}` where there is nothing to say; anything else is a misunderstanding.
    private func bodyThatNobodyAsksFor(_ request: Request) async throws(Problem) -> [FieldError] {
        let bytes = try await collect(request, upTo: Self.emptyBodyBytesMax)
        guard !bytes.isEmpty else { return [] }
        do throws(JSONReader.Failure) {
            if try JSONReader.read(bytes) == .object([:]) { return [] }
        } catch {
            throw .brokenJSON(error)
        }
        return [FieldError(.body, "", "this takes no body; send none or {}")]
    }

    private static let emptyBodyBytesMax = 64 * 1024

    private func collect(_ request: Request, upTo bytesMax: Int) async throws(Problem) -> [UInt8] {
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }), announced > bytesMax {
            throw .bodyTooLarge(limitBytes: bytesMax)
        }
        var bytes: [UInt8] = []
        do {
            for try await part in request.body {
                guard bytes.count + part.readableBytes <= bytesMax else {
                    throw Problem.bodyTooLarge(limitBytes: bytesMax)
                }
                bytes += part.readableBytesView
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .bodyUnreadable
        }
        return bytes
    }

    private func record(_ request: Request, _ response: Response, _ exchange: Exchange, _ duration: Duration) {
        let operation = exchange.operation?.id ?? "none"
        let status = "\(response.status.code)"
        let dimensions = [("operation", operation), ("status", status)]
        Counter(label: "http.requests", dimensions: dimensions, factory: metrics).increment()
        let (seconds, attoseconds) = duration.components
        Timer(label: "http.request.duration", dimensions: [("operation", operation)], factory: metrics)
            .recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        var metadata: Logger.Metadata = [
            LogKeys.operation: "\(operation)", LogKeys.method: "\(request.method.rawValue)",
            LogKeys.path: "\(exchange.path.prefix(500))", LogKeys.status: "\(status)",
            LogKeys.duration: "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)",
        ]
        metadata[LogKeys.principal] = exchange.principal.map { "\($0.subject)" }
        metadata[LogKeys.problem] = exchange.problem.map { "\($0.code)" }
        metadata[LogKeys.error] = exchange.problem?.internalReason.map { "\($0)" }
        let isOurFault = exchange.problem.map { $0.kind == .internalError || $0.kind == .unavailable } ?? false
        exchange.logger.log(level: isOurFault ? .error : .info, "request answered", metadata: metadata)
    }
}

extension String {
    /// `application/json` with or without parameters.
    fileprivate var isJSON: Bool {
        let type = prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        return type == "application/json"
    }
}
