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
    private let faults = Faults()

    init(_ vendor: any Vendor, port: Int, pace: Pace, logger: Logger) {
        self.vendor = vendor
        self.port = port
        self.pace = pace
        self.logger = logger
    }

    func run() async throws {
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await respond(to: request) }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: responder,
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

    private func respond(to request: Request) async throws -> Response {
        let call = try await Call(request)
        if call.path.hasPrefix("/_simulator/") { return response(await administer(call)) }
        if pace.answerMilliseconds > 0 { try await Task.sleep(for: .milliseconds(pace.answerMilliseconds)) }
        let fault = await faults.meet(call)
        if let fault, !fault.afterApplying { return response(fault.answer) }
        let answer = await vendor.answer(call)
        logger.debug(
            "request answered",
            metadata: [
                "simulator": "\(vendor.name)", "method": "\(call.method)", "path": "\(call.path)",
                "status": "\(answer.status)",
            ])
        return response(fault?.answer ?? answer)
    }

    private func administer(_ call: Call) async -> Answer {
        switch (call.method, call.path) {
        case ("GET", "/_simulator/state"):
            return .json(
                200, await vendor.summary().merging(["requestsSeen": await faults.requestsSeen]))
        case ("POST", "/_simulator/faults"):
            guard let rule = call.json.flatMap(Faults.Rule.init) else {
                return .text(400, "a rule is a JSON object with a status")
            }
            await faults.add(rule)
            return Answer(204)
        case ("DELETE", "/_simulator/faults"):
            await faults.clear()
            return Answer(204)
        default: return Answer(404)
        }
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
