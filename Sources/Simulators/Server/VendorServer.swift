import EventSourcing
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Puts one vendor's behaviour on a loopback port, with its pace, its faults and its evidence.
struct VendorServer: Sendable {
    let vendor: any Vendor
    let port: Int
    let pace: Pace
    let logger: Logger
    let bound = BoundPort()
    private let faults: Faults

    init(_ vendor: any Vendor, port: Int, pace: Pace, seed: UInt64, logger: Logger) {
        self.vendor = vendor
        self.port = port
        self.pace = pace
        self.logger = logger
        faults = Faults(seed: seed)
    }

    func run() async throws {
        let responder = CallbackResponder<VendorContext> { request, context in
            try await respond(to: request, on: context.channel)
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: responder, server: .http1(configuration: .init(additionalChannelHandlers: [DateRewriter()])),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in await bound.set(.success(channel.localAddress?.port ?? port)) },
            logger: quiet)
        do {
            try await application.run()
        } catch {
            let failure = refusal(error)
            await bound.set(.failure(failure))
            throw failure
        }
        await bound.set(.failure(.cannotListen(simulator: vendor.name, port: port, reason: "it was stopped")))
    }

    private func refusal(_ error: any Error) -> SimulatorError {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return .portInUse(simulator: vendor.name, port: port)
        }
        return .cannotListen(simulator: vendor.name, port: port, reason: "\(error)")
    }

    private func respond(to request: Request, on channel: any Channel) async throws -> Response {
        let call = try await Call(request)
        if call.path.hasPrefix("/_simulator/") {
            return response(await FaultAdministration(vendor: vendor, faults: faults).answer(call))
        }
        if pace.answerMilliseconds > 0 { try await Task.sleep(for: .milliseconds(pace.answerMilliseconds)) }
        let operation = vendor.operation(of: call)
        let effect = await faults.meet(call, operation, await vendor.subject(of: call))
        guard let answer = try await answer(call, operation, meeting: effect, on: channel) else {
            // The connection is closed: nobody gets this.
            return Response(status: .internalServerError)
        }
        logger.debug(
            "request answered",
            metadata: [
                "simulator": "\(vendor.name)", "operation": "\(operation)", "method": "\(call.method)",
                "path": "\(call.path)", "status": "\(answer.status)",
            ])
        return response(answer)
    }

    /// Nil where the connection was closed instead.
    private func answer(
        _ call: Call, _ operation: String, meeting effect: FaultRule.Effect?, on channel: any Channel
    ) async throws -> Answer? {
        guard let effect else { return await serve(call, operation) }
        guard case .fault(let fault, let seconds) = effect else {
            guard case .answer(let answer, let afterApplying) = effect else { return nil }
            if afterApplying { _ = await serve(call, operation) }
            return answer
        }
        switch fault {
        case .refuse, .throttle, .serverError, .wrongState, .expiredCredentials:
            return await vendor.answer(to: call, operation, meeting: fault, seconds: seconds)
        case .slow:
            let answer = await serve(call, operation)
            try await Task.sleep(for: .seconds(seconds))
            return answer
        case .neverAnswer:
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
            try await channel.close()
            return nil
        case .cutReply:
            _ = await serve(call, operation)
            try await channel.close()
            return nil
        case .answerTwice:
            _ = await serve(call, operation)
            return await serve(call, operation)
        case .staleRead, .eventual:
            return await Distortion.$lagSeconds.withValue(seconds) { await serve(call, operation) }
        case .clockSkew:
            return await Distortion.$skewSeconds.withValue(seconds) {
                var answer = await serve(call, operation)
                answer.headers[DateRewriter.header] = DateRewriter.date(aheadBy: seconds)
                return answer
            }
        }
    }

    private func serve(_ call: Call, _ operation: String) async -> Answer {
        let answer = await vendor.answer(call)
        if (200..<300).contains(answer.status) { await faults.noteApplied(operation) }
        return answer
    }

    private func response(_ answer: Answer) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.body {
        case .bytes(let bytes):
            return Response(
                status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let pieces):
            return Response(
                status: status, headers: fields,
                body: ResponseBody { writer in
                    // An open stream would hold up a graceful shutdown for ever.
                    for await piece in pieces.cancelOnGracefulShutdown() {
                        try await writer.write(ByteBuffer(string: piece))
                    }
                    try await writer.finish(nil)
                })
        }
    }
}

extension Call {
    /// Bodies are manifests and records: 32 MiB is far above all of them.
    fileprivate init(_ request: Request) async throws {
        var request = request
        let buffer = try await request.collectBody(upTo: 32 << 20)
        var headers: [String: String] = [:]
        for field in request.headers {
            let name = field.name.canonicalName
            headers[name] = headers[name].map { "\($0),\(field.value)" } ?? field.value
        }
        headers["host"] = request.head.authority ?? headers["host"]
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            method: request.head.method.rawValue, path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : "", headers: headers, body: Array(buffer.readableBytesView))
    }
}

/// Tells whoever waits on which port a server listens, or why it does not.
actor BoundPort {
    private var result: Result<Int, SimulatorError>?
    private var waiting: [CheckedContinuation<Result<Int, SimulatorError>, Never>] = []

    /// The first word counts.
    func set(_ result: Result<Int, SimulatorError>) {
        guard self.result == nil else { return }
        self.result = result
        for continuation in waiting { continuation.resume(returning: result) }
        waiting = []
    }

    func value() async throws(SimulatorError) -> Int {
        if let result { return try result.get() }
        return try await withCheckedContinuation { waiting.append($0) }.get()
    }
}
