import EventSourcing
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// A request's connection, so that a fault can close it in place of an answer.
struct VendorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Puts the date that a simulated server has in the place of this machine's, which Hummingbird sets in every answer.
final class DateRewriter: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    static let header = "x-simulated-date"

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var part = unwrapOutboundIn(data)
        if case .head(var head) = part, let name = HTTPField.Name(Self.header), let date = head.headerFields[name] {
            head.headerFields[name] = nil
            head.headerFields[.date] = date
            part = .head(head)
        }
        context.write(wrapOutboundOut(part), promise: promise)
    }

    /// Of now, but so many seconds later, as RFC 9110 writes dates: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(aheadBy seconds: Double) -> String {
        let unix = Int64(Date.now.timeIntervalSince1970 + seconds)
        let text = Timestamp(microseconds: unix * 1_000_000).description
        let parts = text.split(whereSeparator: { "-T:.Z".contains($0) })
        // The first of January 1970 was a Thursday.
        let day = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(unix / 86_400 % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) GMT"
    }
}
