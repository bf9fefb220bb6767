import Weights
package import Zoo

/// HTTP's content codings that are read and written.
package enum ContentCoding: String, Sendable, CaseIterable {
    case gzip, deflate

    private var framing: DeflateFraming { self == .gzip ? .gzip : .zlib }

    /// The coding that a `Content-Encoding` names; nil for none.
    /// - Throws: `GraftError.encoding` for one that is not read.
    package static func ofBody(_ header: String?) throws(GraftError) -> ContentCoding? {
        guard let name = header.map({ String($0[...].trimmingSpaces.lowercased()) }), !name.isEmpty, name != "identity"
        else { return nil }
        guard let coding = ContentCoding(rawValue: name) else {
            throw GraftError(.encoding, "an encoding that is not read", expected: "gzip, deflate or none")
        }
        return coding
    }

    /// The first coding that an `Accept-Encoding` allows.
    package static func accepted(_ header: String?) -> ContentCoding? {
        for item in (header ?? "").split(separator: ",").prefix(16) {
            let pieces = item.split(separator: ";").map { $0.trimmingSpaces.lowercased() }
            guard let name = pieces.first, let coding = ContentCoding(rawValue: name) else { continue }
            let isRefused = pieces.dropFirst().contains {
                $0.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) }
            }
            if !isRefused { return coding }
        }
        return nil
    }

    /// - Throws: `GraftError.tooLarge` past the limit, `GraftError.damaged`.
    package func decode(_ body: [UInt8], limit: Int) throws(GraftError) -> [UInt8] {
        try framing.inflate(body, limit: limit)
    }

    /// Nil where there is no memory.
    package func encode(_ body: [UInt8]) -> [UInt8]? { framing.deflate(body) }
}
