package import HTTPTypes

/// A whole answer: what the server said and all that came with it.
package struct HTTPReply: Sendable, Equatable {
    package let head: HTTPResponse
    package let body: [UInt8]

    package init(head: HTTPResponse, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status.code }

    /// The value of a header field; several of one name are joined with commas.
    package func header(_ name: HTTPField.Name) -> String? { head.headerFields[name] }
}
