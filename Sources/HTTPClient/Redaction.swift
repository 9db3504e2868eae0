/// Takes secrets out of what people will read: request paths and error texts.
package enum Redaction {
    package static let mark = "[redacted]"

    /// The request target, with the values of query parameters that carry secrets replaced.
    package static func path(_ path: String) -> String {
        guard let question = path.firstIndex(of: "?") else { return path }
        let pairs = path[path.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
        let redacted = pairs.map { pair -> String in
            guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
            let key = percentDecoded(pair[..<equals]).lowercased()
            return secretParameters.contains(key) ? "\(pair[..<equals])=\(mark)" : String(pair)
        }
        return path[...question] + redacted.joined(separator: "&")
    }

    /// An error text without tokens, keys and passwords, cut to `lengthMax` characters.
    ///
    /// Tokens are known by how they begin and never by their length: GitHub's are of variable length and may hold a JWT.
    package static func text(_ text: String, lengthMax: Int = 1000) -> String {
        // Regular expressions over an answer of megabytes would take seconds; nobody reads beyond the first kilobyte.
        let start = String(text.prefix(lengthMax * 4))
        let scrubbed = withoutOpaqueRuns(withoutNamedSecrets(withoutKnownTokens(start)))
        return scrubbed.count > lengthMax ? scrubbed.prefix(lengthMax) + "…" : scrubbed
    }

    private static let secretParameters: Set<String> = [
        "x-amz-signature", "x-amz-credential", "x-amz-security-token", "token", "access_token", "refresh_token",
        "id_token", "id_token_hint", "logout_token", "webidentitytoken", "client_secret", "client_assertion",
        "password", "code", "code_verifier", "secret", "signature", "api_key", "apikey",
    ]

    /// What can be told by its own form.
    private static func withoutKnownTokens(_ text: String) -> String {
        text
            .replacing(
                /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]*-----)?/, with: mark
            )
            .replacing(/:\/\/[^\s\/@"']+@/, with: "://\(mark)@")
            .replacing(/(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+\/=\-]+/.wordBoundaryKind(.simple)) {
                "\($0.output.1) \(mark)"
            }
            .replacing(/(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.\-]+/, with: mark)
            .replacing(/eyJ[A-Za-z0-9_\-]{8,}[A-Za-z0-9_.\-]*/, with: mark)
            .replacing(/(?:AKIA|ASIA)[A-Z0-9]{16}/, with: mark)
    }

    /// What can be told by the name in front of it, in JSON, XML, forms and headers.
    private static func withoutNamedSecrets(_ text: String) -> String {
        let named =
            /(?i)((?:access_?|refresh_?|id_?|session_?|security[_\-]?|web_?identity_?)?token|client_secret|client_assertion|secret_?(?:access_?)?key|secret|password|x-amz-signature|x-amz-credential|signature|api_?key)("?\s*[=:>]\s*"?)([^\s"&<>,;)\]}]+)/
        return
            text
            .replacing(named) { match in
                match.output.3.hasPrefix(mark.dropLast())
                    ? String(match.output.0) : "\(match.output.1)\(match.output.2)\(mark)"
            }
            .replacing(/(?i)([?&]code=)[^\s&"]+/) { "\($0.output.1)\(mark)" }
    }

    /// AWS secret keys (40 characters) and session tokens (hundreds) have no mark of their own. Digests in hexadecimal
    /// are no secrets and help to find a commit.
    private static func withoutOpaqueRuns(_ text: String) -> String {
        text.replacing(/[A-Za-z0-9\/+_\-]{40,}={0,2}/) { match in
            let run = match.output
            let isMixed =
                run.contains { $0.isUppercase } && run.contains { $0.isLowercase } && run.contains { $0.isNumber }
            return isMixed && (run.count == 40 || run.count >= 80) ? mark : String(run)
        }
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
