/// What one release puts into its folder of the repository.
package struct RenderedFiles: Equatable, Sendable {
    /// Text by path, relative to the deployment's folder.
    package let files: [String: String]

    package init(files: [String: String]) { self.files = files }

    package var digest: String { FileDigest.of(files) }
}
