import Application
import Templating

/// Keeps what templates gave: rendering is pure, and the stories of one lane render the same over and over.
///
/// Sound as `Sendable`: a lane tells one story after the other, each on the lane's thread.
final class RenderMemory: @unchecked Sendable {
    private var kept: [RenderInput: RenderedFiles] = [:]

    func render(_ source: TemplateSource, _ input: RenderInput) throws(TemplateProblems) -> RenderedFiles {
        if let files = kept[input] { return files }
        let files = try Templating.render(source, input)
        kept[input] = files
        return files
    }
}
