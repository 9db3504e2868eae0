/// Takes messages that the repository's host sends of itself.
package protocol WebhookReceiving: Sendable {
    /// Nothing of the message is believed before its signature has proved who sent exactly these bytes; it is a hint all the same,
    /// and the repository is read.
    func receive(_ message: WebhookMessage) async throws(WebhookRefusal) -> WebhookOutcome
}

/// One message as it came.
package struct WebhookMessage: Sendable {
    /// Names the message; the same when it is sent again.
    package let delivery: String
    package let event: String
    package let signature: String
    package let body: [UInt8]

    package init(delivery: String, event: String, signature: String, body: [UInt8]) {
        self.delivery = delivery
        self.event = event
        self.signature = signature
        self.body = body
    }
}

/// What a message led to.
package enum WebhookOutcome: String, CaseIterable, Sendable {
    /// The repository is looked through.
    case followed
    /// It was taken before.
    case repeated
    /// It says nothing about our branch, or only what we did ourselves.
    case ignored
}

/// Why a message was not taken.
package enum WebhookRefusal: Error, Equatable, Sendable {
    /// The signature does not prove that somebody who knows the secret sent these bytes.
    case forged
    case unavailable(reason: String)
}
