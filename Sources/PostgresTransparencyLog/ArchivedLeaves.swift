/// Events that are no longer in the database, read from the files that they were archived in.
protocol ArchivedLeaves: Sendable {
    /// Everything up to here is archived.
    var lastPosition: Int64 { get }

    func leaves(after: Int64, upTo: Int64) async throws -> [StoredLeaf]
}
