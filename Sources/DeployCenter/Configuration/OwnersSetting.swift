import Application

/// Reads who is asked about outside systems, such as `aws=cloud@example.com,github=#platform`.
enum OwnersSetting {
    /// Nil if the text is not of this form.
    static func parse(_ text: String) -> Owners? {
        var named: [String: String] = [:]
        for item in text.split(separator: ",") {
            guard let match = item.wholeMatch(of: /\s*([a-z0-9_]+)\s*=\s*(\S(?:.*\S)?)\s*/),
                Owners.names.contains(String(match.1))
            else { return nil }
            named[String(match.1)] = String(match.2)
        }
        return Owners(named: named)
    }
}
