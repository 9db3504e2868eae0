import LocalPostgres
import Postgres
import Subprocess
import TestSupport
import Testing

@Suite struct `An encrypted connection` {
    @Test func `needs the authority that signed the server's certificate`() async throws {
        let folder = try SharedCluster.shared.directory("tls")
        let other = try SharedCluster.shared.directory("other")
        let server = try LocalPostgres(directory: folder, durable: false)
        let plain = try await server.start()
        try await server.stop()
        try await makeCertificate(folder)
        try await makeCertificate(other)
        let encrypted = try LocalPostgres(
            directory: folder, port: server.port, durable: false,
            settings: ["ssl": "on", "ssl_cert_file": folder + ".crt", "ssl_key_file": folder + ".key"])
        _ = try await encrypted.start()

        let good = PostgresPool(
            configuration: PostgresConfiguration(plain + "?sslmode=verify-full&sslrootcert=\(folder).crt", poolSize: 1))
        let rows = try await good.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        let row = try #require(rows.first)
        #expect(try row.bool("ssl"))
        #expect(try row.string("version").hasPrefix("TLSv1."))
        await good.close()

        let bad = PostgresPool(
            configuration: PostgresConfiguration(plain + "?sslmode=verify-full&sslrootcert=\(other).crt", poolSize: 1))
        let error = await #expect(throws: PostgresError.self) { try await bad.query("SELECT 1") }
        #expect("\(error, default: "")".contains("certificate verify failed"))
        try await encrypted.stop()
    }

    /// A key and a certificate for 127.0.0.1, signed by itself, that the server may read: it accepts root's keys in mode 0640
    /// only, so the key is given to the owner of the data.
    private func makeCertificate(_ path: String) async throws {
        let script = """
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
            -keyout "$1.key" -out "$1.crt" && chmod 600 "$1.key" && { [ ! -d "$1" ] || chown --reference="$1" "$1.key"; }
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, "sh", path], output: .string(limit: 10_000),
            error: .combinedWithOutput)
        #expect(result.terminationStatus.isSuccess, "\(result.standardOutput)")
    }
}
