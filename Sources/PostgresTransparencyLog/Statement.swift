/// The statements of this module; each says in its file what it is for and what its parameters are.
enum Statement {
    static let brokenStream = text(PackageResources.find_broken_stream_sql)
    static let endAlarm = text(PackageResources.end_alarm_sql)
    static let exportSnapshot = text(PackageResources.export_snapshot_sql)
    static let extendTiles = text(PackageResources.extend_tiles_sql)
    static let insertCheckpoint = text(PackageResources.insert_checkpoint_sql)
    static let keptKeys = text(PackageResources.find_kept_keys_sql)
    static let latestCheckpoint = text(PackageResources.latest_checkpoint_sql)
    static let noTimeout = text(PackageResources.set_no_timeout_sql)
    static let raiseAlarm = text(PackageResources.raise_alarm_sql)
    static let readCheckpoint = text(PackageResources.read_checkpoint_sql)
    static let readCheckpoints = text(PackageResources.read_checkpoints_sql)
    static let readKeys = text(PackageResources.read_keys_sql)
    static let readLeaves = text(PackageResources.read_leaves_sql)
    static let readNamedTiles = text(PackageResources.read_named_tiles_sql)
    static let selectEvidence = text(PackageResources.select_evidence_sql)
    static let readStatus = text(PackageResources.read_status_sql)
    static let readTiles = text(PackageResources.read_tiles_sql)
    static let readWitnesses = text(PackageResources.read_witnesses_sql)
    static let recordKeys = text(PackageResources.record_keys_sql)
    static let recordWitness = text(PackageResources.record_witness_sql)
    static let strayCheckpoints = text(PackageResources.find_stray_checkpoints_sql)
    static let strayTiles = text(PackageResources.find_stray_tiles_sql)
    static let survey = text(PackageResources.survey_log_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
