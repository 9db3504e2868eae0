package import Postgres
package import PostgresEventStore

extension PostgresEventStore {
    /// A store whose personal values are sealed under the master key of all tests.
    package convenience init(pool: PostgresPool) {
        self.init(pool: pool, vault: PersonalVault(pool: pool, masterKeys: .tests))
    }
}

extension MasterKeys {
    package static let tests: MasterKeys = {
        do {
            return try MasterKeys(current: "dGhlIG1hc3RlciBrZXkgb2YgYWxsIHRlc3RzIDEyMyE=")
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
