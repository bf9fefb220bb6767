import Engine
import Images
import Zoo

/// What a worker finds in a picture: its features, or why there are none.
struct FeatureRow: Sendable {
    var digest = ""
    var result: Result<[Float], SkippedFile>
    var isCached = false

    /// The rows of all ranks, in their order: each has read a part of the list.
    static func gather(_ own: [FeatureRow], of ranks: any Ranks) throws(GraftError) -> [FeatureRow] {
        var message: [UInt8] = []
        for row in own { row.write(to: &message) }
        var rows: [FeatureRow] = []
        for part in ranks.gather(message) {
            var reader = Reader(bytes: part)
            while let row = reader.row() { rows.append(row) }
            guard reader.isAtEnd else {
                throw GraftError(.damaged, "what another rank says of its pictures cannot be read")
            }
        }
        return rows
    }

    private func write(to message: inout [UInt8]) {
        func put(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { message.append(contentsOf: $0) }
            message.append(contentsOf: bytes)
        }
        put(digest.utf8)
        switch result {
        case .success(let features):
            message.append(isCached ? 1 : 0)
            features.withUnsafeBytes { put($0) }
        case .failure(let file):
            message.append(2)
            put(file.path.utf8)
            put(file.reason.utf8)
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        private var place = 0
        var isAtEnd: Bool { place == bytes.count }

        init(bytes: [UInt8]) { self.bytes = bytes }

        private mutating func take() -> ArraySlice<UInt8>? {
            guard place + 8 <= bytes.count else { return nil }
            let count = (0..<8).reduce(0) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
            guard let size = Int(exactly: count), size <= bytes.count - place - 8 else { return nil }
            defer { place += 8 + size }
            return bytes[place + 8..<place + 8 + size]
        }

        private mutating func text() -> String? { take().map { String(decoding: $0, as: UTF8.self) } }

        /// Nil at the end, and for what is no row.
        mutating func row() -> FeatureRow? {
            guard !isAtEnd, let digest = text(), place < bytes.count else { return nil }
            let kind = bytes[place]
            place += 1
            switch kind {
            case 0, 1:
                guard let part = take(), part.count % 4 == 0 else { return nil }
                let features = part.withUnsafeBytes { bytes in
                    (0..<bytes.count / 4).map {
                        bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
                    }
                }
                return FeatureRow(digest: digest, result: .success(features), isCached: kind == 1)
            case 2:
                guard let path = text(), let reason = text() else { return nil }
                return FeatureRow(digest: digest, result: .failure(SkippedFile(path: path, reason: reason)))
            default: return nil
            }
        }
    }
}
