import EventSourcing
import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

@Suite(.serialized) struct `The fault matrix` {
    /// One operation of each system that cannot be done twice without harm, or that proves an absence.
    static let operations = [
        "efs.CreateAccessPoint", "route53.ChangeResourceRecordSets", "argocd.create", "argocd.delete",
    ]
    static let faults = ["refuse", "cut-reply", "server-error"]

    @Test(.timeLimit(.minutes(15)))
    func `in a shortened form keeps the promise in every cell`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        let choice =
            Self.operations.flatMap { ["--operation", $0] } + Self.faults.flatMap { ["--fault", $0] }
            + ["--worlds", "1", "--format", "json", "--port", String(RunningSandbox.freshPort())]
        let result = try await Subprocess.run(
            .path(FilePath(RunningSandbox.program)),
            arguments: Arguments(["faults", "--directory", directory + "/faults"] + choice),
            environment: .inherit.updating(RunningSandbox.environment), workingDirectory: FilePath(Repository.root),
            output: .string(limit: 1 << 22), error: .string(limit: 1 << 20))
        try FileManager.default.removeItem(atPath: directory)
        let comment = Comment(rawValue: "\(result.standardError)")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(result.standardOutput.utf8))
        #expect(result.terminationStatus == .exited(0), comment)
        let cells = report["cells"]?.array ?? []
        func ends(_ phase: JSONValue, _ fault: JSONValue, _ times: JSONValue) -> [JSONValue?] {
            cells.filter { $0["phase"] == phase && $0["fault"] == fault && $0["times"] == times }.map { $0["end"] }
        }
        // Names are changed in both phases; each of the others belongs to one.
        #expect(cells.count == 5 * Self.faults.count * 2, comment)
        // That the faults strike shows in how it ends.
        #expect(ends("deploy", "refuse", "ever").allSatisfy { $0 != "live" }, comment)
        #expect(ends("compensate", "refuse", "ever").allSatisfy { $0 == "incomplete" }, comment)
        #expect(ends("deploy", "cut-reply", "once").allSatisfy { $0 == "live" }, comment)
        #expect(ends("deploy", "server-error", "once").allSatisfy { $0 == "live" }, comment)
        #expect(ends("compensate", "cut-reply", "once").allSatisfy { $0 == "compensated" }, comment)
    }
}
