package import Zoo

#if TLS
    import NIOCore
    import NIOSSL
    import Synchronization
    import Weights
#endif

/// What the server proves to its clients who it is with: a certificate and its key. Read again on `SIGHUP`, for
/// certificates are renewed while servers run.
package final class ServerIdentity: Sendable {
    /// Where they are.
    package struct Files: Sendable, Hashable {
        /// A PEM file: the server's certificate first, then those that lead to a known one.
        package var certificate: String
        /// A PEM file: the certificate's private key.
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    #if TLS
        private let files: Files
        private let context: Mutex<NIOSSLContext>

        /// - Throws: a `GraftError` that names the file which is missing, damaged or of another key.
        package init(_ files: Files) throws(GraftError) {
            self.files = files
            context = Mutex(try Self.read(files))
        }

        /// Reads the files again. Connections that are there keep what they began with.
        /// - Throws: as `init`; what was read before stays in use.
        package func reload() throws(GraftError) {
            let new = try Self.read(files)
            context.withLock { $0 = new }
        }

        /// What a new connection begins with.
        func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context.withLock { $0 }) }

        private static func read(_ files: Files) throws(GraftError) -> NIOSSLContext {
            let chain = try bytes(of: files.certificate, for: "a certificate")
            let secret = try bytes(of: files.key, for: "a private key")
            let certificates: [NIOSSLCertificate]
            do {
                certificates = try NIOSSLCertificate.fromPEMBytes(chain)
            } catch {
                throw GraftError(
                    .damaged, "no certificate", file: files.certificate, expected: "PEM: -----BEGIN CERTIFICATE-----")
            }
            let key: NIOSSLPrivateKey
            do {
                key = try NIOSSLPrivateKey(bytes: secret, format: .pem)
            } catch {
                throw GraftError(
                    .damaged, "no private key", file: files.key,
                    expected: "PEM without a password: -----BEGIN PRIVATE KEY-----")
            }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            do {
                return try NIOSSLContext(configuration: configuration)
            } catch {
                throw GraftError(
                    .invalidData, "the private key is not that of the certificate", file: files.key,
                    expected: "the key of \(files.certificate.shown)")
            }
        }

        private static func bytes(of file: String, for purpose: String) throws(GraftError) -> [UInt8] {
            try FileSystem.read(file, limit: 1 << 20, for: purpose)
        }
    #else
        /// - Throws: always: TLS is not in this build.
        package init(_ files: Files) throws(GraftError) {
            throw GraftError(
                .unsupported, "this graft was built without TLS", parameter: "--certificate",
                remedy: "build it with: make install TRAITS=--enable-all-traits")
        }

        package func reload() throws(GraftError) {}
    #endif
}
