package import Application

/// The message of one commit that may serve several changes.
package enum CommitMessage {
    /// One change has its own subject; several are listed. All trailers stand together at the end, where `git
    /// interpret-trailers` looks for them.
    package static func text(for changes: [FolderChange]) -> String {
        let subjects = changes.map { oneLine($0.subject) }
        let head =
            subjects.count == 1
            ? subjects[0]
            : "Apply \(subjects.count) changes\n\n" + subjects.map { "* \($0)" }.joined(separator: "\n")
        let trailers = changes.flatMap(\.trailers).map { "\(oneLine($0.key)): \(oneLine($0.value))" }
        return trailers.isEmpty ? head : head + "\n\n" + trailers.joined(separator: "\n")
    }

    /// A line break in a name or a reason must not be able to forge a trailer.
    private static func oneLine(_ text: String) -> String {
        let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            line.append(breaks.contains(scalar.properties.generalCategory) ? " " : scalar)
        }
        return String(line)
    }
}
