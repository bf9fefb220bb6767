import Weights
import Zoo

/// A text of one path a line: empty lines say nothing, and lines may end as on Windows.
final class PathList {
    private let stream: ByteStream
    private var line = 0

    init(_ stream: ByteStream) { self.stream = stream }

    /// The next path as `FileName` has it; nil at the end.
    /// - Throws: `GraftError` `.invalidData` for what is no text.
    func next() throws(GraftError) -> String? {
        try nextBytes { bytes throws(GraftError) in FileName.text(bytes) }
    }

    /// Passes over paths.
    /// - Returns: how many there were, fewer than `count` only at the end.
    func skip(_ count: Int) throws(GraftError) -> Int {
        var passed = 0
        while passed < count, try nextBytes({ _ throws(GraftError) in true }) != nil { passed += 1 }
        return passed
    }

    /// Adds the next path and a line feed to a hash.
    /// - Returns: whether an archive is named so; nil at the end.
    func hashNext(into hash: inout Hash.Stream) throws(GraftError) -> Bool? {
        let ending = try nextBytes { bytes throws(GraftError) in
            hash.update(bytes)
            return bytes.count >= 4 ? Array(bytes[(bytes.count - 4)...]) : []
        }
        guard let ending else { return nil }
        hash.update("\n")
        return ending.first == UInt8(ascii: ".") && PictureSeries.isArchive(String(decoding: ending, as: UTF8.self))
    }

    private func nextBytes<Answer>(
        _ body: (UnsafeRawBufferPointer) throws(GraftError) -> Answer
    ) throws(GraftError) -> Answer? {
        while true {
            line += 1
            let isFirst = line == 1
            let answer = try stream.withLine(limit: PictureSeries.lineLimit) { bytes throws(GraftError) -> Answer? in
                var bytes = bytes
                if isFirst, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = .init(rebasing: bytes[3...]) }
                if bytes.last == 13 { bytes = .init(rebasing: bytes.dropLast()) }
                guard !bytes.contains(0) else {
                    throw GraftError(
                        .invalidData, "not a list of paths", file: stream.name, member: "line \(line)",
                        expected: "text of one path a line, or a tar archive", found: "a zero byte")
                }
                return bytes.isEmpty ? nil : try body(bytes)
            }
            // An empty line answers nil, the end of the text nothing at all.
            guard let answer else { return nil }
            if let answer { return answer }
        }
    }
}
