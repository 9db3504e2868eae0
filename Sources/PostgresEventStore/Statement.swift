/// The statements of this module; each says in its file what it is for and what its parameters are.
enum Statement {
    static let append = text(PackageResources.append_sql)
    static let makeEventPartitions = text(PackageResources.make_event_partitions_sql)
    static let scratchPath = text(PackageResources.scratch_path_sql)
    static let scratchWait = text(PackageResources.scratch_wait_sql)
    static let scratchTail = text(PackageResources.scratch_tail_sql)
    static let plainSequence = text(PackageResources.plain_sequence_sql)
    static let plainSequenceAppend = text(PackageResources.plain_sequence_append_sql)
    static let pageOfStream = text(PackageResources.page_of_stream_sql)
    static let pageOfStreams = text(PackageResources.page_of_streams_sql)
    static let pageOfLog = text(PackageResources.page_of_log_sql)
    static let pageOfCategories = text(PackageResources.page_of_categories_sql)
    static let publishUpcasts = text(PackageResources.publish_upcasts_sql)
    static let storedTypes = text(PackageResources.stored_types_sql)
    static let streamsOfPrefix = text(PackageResources.streams_of_prefix_sql)
    static let head = text(PackageResources.head_sql)
    static let commandOutcome = text(PackageResources.command_outcome_sql)

    static let checkpoint = text(PackageResources.checkpoint_sql)
    static let beginCheckpoint = text(PackageResources.begin_checkpoint_sql)
    static let advanceCheckpoint = text(PackageResources.advance_checkpoint_sql)
    static let addEffects = text(PackageResources.add_effects_sql)
    static let claimEffects = text(PackageResources.claim_effects_sql)
    static let postponeEffect = text(PackageResources.postpone_effect_sql)
    static let endEffect = text(PackageResources.end_effect_sql)
    static let nextDue = text(PackageResources.next_due_sql)
    static let openEffects = text(PackageResources.open_effects_sql)

    static let lockTimeout = text(PackageResources.lock_timeout_sql)
    static let invalidIndexes = text(PackageResources.invalid_indexes_sql)
    static let migrationsTable = text(PackageResources.migrations_table_sql)
    static let migrationsExist = text(PackageResources.migrations_exist_sql)
    static let lockMigrations = text(PackageResources.lock_migrations_sql)
    static let appliedMigrations = text(PackageResources.applied_migrations_sql)
    static let recordMigration = text(PackageResources.record_migration_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
