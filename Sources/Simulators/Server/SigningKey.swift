import Cryptography
import FoundationEssentials
import JWTKit

/// An RS256 key kept in a file of the sandbox, made when it is first needed.
struct SigningKey: Sendable {
    let pem: String
    let key: Insecure.RSA.PrivateKey

    init(path: String) throws(SimulatorError) {
        do {
            if FileManager.default.fileExists(atPath: path) {
                pem = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            } else {
                let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                pem = try RSAKey.generatePEM()
                try Data(pem.utf8).write(to: URL(filePath: path), options: .atomic)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            }
            key = try Insecure.RSA.PrivateKey(pem: pem)
        } catch {
            throw .unusableState(path: path, reason: "\(error)")
        }
    }

    /// Modulus and exponent as a JWK has them.
    func primitives() throws -> (modulus: String, exponent: String) {
        let (modulus, exponent) = try key.publicKey.getKeyPrimitives()
        return ([UInt8](modulus).base64URL, [UInt8](exponent).base64URL)
    }

    /// Signs and verifies with this key alone.
    func collection(kid: String) async -> JWTKeyCollection {
        await JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: kid))
    }
}
