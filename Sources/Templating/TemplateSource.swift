/// The files of one template version, by path: `template.yaml`, `base/…` and `overlays/<environment or size>/…`.
///
/// Cases are not part: they are tests of the template, not the template.
package struct TemplateSource: Equatable, Sendable {
    package let files: [String: String]

    package init(files: [String: String]) { self.files = files }
}
