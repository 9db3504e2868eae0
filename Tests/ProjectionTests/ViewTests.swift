import Application
import EventSourcing
import FoundationEssentials
import PostgresProjections
import TestSupport
import Testing

@Suite struct `Every view` {
    @Test(arguments: ProjectionCase.all)
    func `gives the rows of its cases`(_ example: ProjectionCase) async throws {
        try await withWorld { world in
            try await world.append(try example.events())
            _ = try await world.administration.rebuild(example.view)
            for (table, expected) in try example.rows() {
                let rows = Set(
                    try await world.rows(table).map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) })
                #expect(rows.subtracting(expected) == [], "unexpected in \(table)")
                #expect(expected.subtracting(rows) == [], "missing in \(table)")
            }
        }
    }

    @Test(arguments: ProjectionCase.all)
    func `gives the same rows event by event`(_ example: ProjectionCase) async throws {
        try await withWorld { world in
            let definition = try world.definitions.named(example.view)
            // The view is there before the first event, so nothing is read but one position at a time.
            _ = try await world.administration.rebuild(example.view)
            let head = try await world.append(try example.events())
            try await world.following(world.runner([definition], batchMax: 1)) {
                try await eventually("\(example.view) is at \(head)") {
                    try await world.administration.list().contains {
                        $0.view == example.view && $0.position == Position(head)
                    }
                }
            }
            let verification = try await world.administration.verify(example.view)
            #expect(verification.position == Position(head))
            #expect(verification.differences == [])
        }
    }

    @Test(arguments: ProjectionCase.views)
    func `has a case`(_ view: String) {
        #expect(ProjectionCase.all.contains { $0.view == view })
    }
}
