/// The statements of this module; each says in its file what it is for and what its parameters are.
enum Statement {
    static let advanceGeneration = text(PackageResources.advance_generation_sql)
    static let analyzeGeneration = text(PackageResources.analyze_generation_sql)
    static let batchHasEvents = text(PackageResources.batch_has_events_sql)
    static let checkTables = text(PackageResources.check_tables_sql)
    static let claimLiveGeneration = text(PackageResources.claim_live_generation_sql)
    static let compareGenerations = text(PackageResources.compare_generations_sql)
    static let createSchema = text(PackageResources.create_schema_sql)
    static let dropBuilding = text(PackageResources.drop_building_sql)
    static let dropGenerations = text(PackageResources.drop_generations_sql)
    static let enterSchema = text(PackageResources.enter_schema_sql)
    static let findGeneration = text(PackageResources.find_generation_sql)
    static let insertGeneration = text(PackageResources.insert_generation_sql)
    static let listGenerations = text(PackageResources.list_generations_sql)
    static let lockGeneration = text(PackageResources.lock_generation_sql)
    static let lockView = text(PackageResources.lock_view_sql)
    static let positionOfView = text(PackageResources.position_of_view_sql)
    static let publishGeneration = text(PackageResources.publish_generation_sql)
    static let readDifferences = text(PackageResources.read_differences_sql)
    static let recordFailure = text(PackageResources.record_failure_sql)
    static let resumeRetired = text(PackageResources.resume_retired_sql)
    static let setBatch = text(PackageResources.set_batch_sql)
    static let setSetting = text(PackageResources.set_setting_sql)

    static let deploymentStatus = text(PackageResources.deployment_status_sql)
    static let deploymentTimeline = text(PackageResources.deployment_timeline_sql)
    static let customers = text(PackageResources.customers_sql)
    static let clusters = text(PackageResources.clusters_sql)
    static let templateCatalog = text(PackageResources.template_catalog_sql)
    static let auditTrail = text(PackageResources.audit_trail_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
