/// What one release puts into its folder of the repository.
package struct RenderedFiles: Equatable, Sendable {
    /// Text by path, relative to the deployment's folder.
    package let files: [String: String]

    package init(files: [String: String]) { self.files = files }

    /// Names exactly these files: SHA-256 in lower-case hexadecimal over paths and texts, each after its length.
    package var digest: String {
        var hash = SHA256()
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            for part in [path, text] {
                hash.update("\(part.utf8.count):".utf8)
                hash.update(part.utf8)
            }
        }
        return hash.finish()
    }
}
