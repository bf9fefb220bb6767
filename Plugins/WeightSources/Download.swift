public import Zoo

package import Foundation
import Weights

/// Gets one file over HTTP, whole and checked, or not at all.
///
/// Bytes go to `DESTINATION.part`, which becomes `DESTINATION` when its length and hash are right. After a cut connection
/// the part is continued, by this call or the next one, if the hash is known: a part of something else cannot survive it.
public struct Download: Sendable {
    /// http or https.
    public var url: String
    /// The file's length in bytes, where it is known.
    public var bytes: Int?
    /// The file's SHA-256, or its leading digits, in hexadecimal, where it is known.
    public var sha256Prefix: String?
    /// No more bytes than these are taken, whatever the server sends.
    public var limit = 4 << 30
    /// Seconds without a byte after which the connection counts as dead.
    public var timeout = 30.0
    /// Connections that are tried, as long as each brings some bytes.
    public var attempts = 4
    /// What progress calls the file; the address' last part for nil.
    public var title: String?
    /// What errors tell the user to do: how else to get the file, and where to put it.
    public var remedy: String?

    /// A download from that address.
    public init(
        _ url: String, bytes: Int? = nil, sha256Prefix: String? = nil, title: String? = nil, remedy: String? = nil
    ) {
        self.url = url
        self.bytes = bytes
        self.sha256Prefix = sha256Prefix
        self.title = title
        self.remedy = remedy
    }

    /// Gets the file.
    /// - Parameters:
    ///   - destination: where it shall be; its directory must exist. A file that is there is replaced.
    ///   - progress: called on this thread, a few times a second.
    /// - Throws: `GraftError`.
    public func run(to destination: String, progress: (WeightProgress) -> Void = { _ in }) throws(GraftError) {
        let address = try Self.address(url)
        let part = destination + ".part"
        // Another file's part would be found out at the end only, and only by a hash.
        if sha256Prefix == nil { Self.remove(part) }
        var resumed = false
        var attempt = 1
        while true {
            let start = Self.length(of: part)
            do throws(GraftError) {
                resumed = try get(address, into: part, from: start, progress) || resumed
                try check(part)
                break
            } catch {
                switch error.code {
                case .network where attempt < attempts && Self.length(of: part) > start:
                    attempt += 1
                case .hash, .length:
                    Self.remove(part)
                    guard resumed || start > 0 else { throw error }
                    // A part of an older file: once more, from the beginning.
                    resumed = false
                case .network:
                    if sha256Prefix == nil || Self.length(of: part) == 0 { Self.remove(part) }
                    throw error
                default:
                    Self.remove(part)
                    throw error
                }
            }
        }
        guard rename(part.onDisk, destination.onDisk) == 0 else {
            Self.remove(part)
            throw GraftError(.file, "cannot write the file", file: destination)
        }
    }

    /// One connection.
    /// - Returns: whether it continued what was there.
    private func get(
        _ address: URL, into part: String, from start: Int, _ progress: (WeightProgress) -> Void
    ) throws(GraftError) -> Bool {
        let transfer = Transfer(part: part, start: start, bytes: bytes, limit: limit)
        let outcome = transfer.run(address, timeout: timeout) { done, total in
            progress(
                WeightProgress(what: title ?? address.lastPathComponent, bytesDone: done, bytesTotal: total ?? bytes))
        }
        if let failure = outcome.failure {
            throw GraftError(
                failure.code, failure.message, file: url, expected: failure.expected, found: failure.found,
                remedy: remedy)
        }
        return outcome.resumed
    }

    private func check(_ part: String) throws(GraftError) {
        let count = Self.length(of: part)
        if let bytes, count != bytes {
            throw GraftError(
                .length, "the downloaded file is not the published one", file: url, expected: "\(bytes) bytes",
                found: "\(count)", remedy: remedy)
        }
        guard let prefix = sha256Prefix else { return }
        let hash: String
        do throws(GraftError) {
            hash = try Hash.sha256(file: part)
        } catch {
            throw GraftError(.file, error.message, file: part)
        }
        guard hash.hasPrefix(prefix.lowercased()) else {
            throw GraftError(
                .hash, "the downloaded file is not the published one", file: url, expected: "SHA-256 \(prefix)",
                found: hash, remedy: remedy)
        }
    }

    /// The address, with the scheme and host of `GRAFT_MIRROR` (`http://host:port`) if that is set.
    /// - Throws: `GraftError.address` for anything but http and https.
    package static func address(
        _ text: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(GraftError) -> URL {
        guard var parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme), parts.host != nil
        else {
            throw GraftError(.address, "not an address to download from", file: text, expected: "http or https")
        }
        if let mirror = environment["GRAFT_MIRROR"], !mirror.isEmpty {
            guard let base = URLComponents(string: mirror), ["http", "https"].contains(base.scheme), base.host != nil
            else {
                throw GraftError(
                    .address, "GRAFT_MIRROR is not an address", file: mirror, expected: "http://HOST[:PORT]")
            }
            (parts.scheme, parts.host, parts.port) = (base.scheme, base.host, base.port)
        }
        guard let url = parts.url else {
            throw GraftError(.address, "not an address to download from", file: text)
        }
        return url
    }

    private static func length(of path: String) -> Int {
        FileSystem.facts(of: path)?.size ?? 0
    }

    private static func remove(_ path: String) { unlink(path.onDisk) }
}
