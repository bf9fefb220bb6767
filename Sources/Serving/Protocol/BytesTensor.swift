package import Zoo

/// The BYTES data type in binary: each element is its length, 32 bits little-endian, and that many bytes.
package enum BytesTensor {
    /// - Throws: `GraftError.badRequest` unless there are exactly `count` elements.
    package static func split(
        _ bytes: ArraySlice<UInt8>, count: Int, name: String
    ) throws(GraftError) -> [[UInt8]] {
        var elements: [[UInt8]] = []
        var rest = bytes
        while !rest.isEmpty {
            guard elements.count < count else {
                throw GraftError(.badRequest, "more elements than the shape says", parameter: name)
            }
            guard rest.count >= 4 else { throw GraftError(.badRequest, "a length is cut off", parameter: name) }
            let length = Int(rest.littleEndian32(at: rest.startIndex))
            rest = rest.dropFirst(4)
            guard length <= rest.count else {
                throw GraftError(
                    .badRequest, "an element is longer than the data", parameter: name,
                    expected: "at most \(rest.count) bytes", found: "\(length)")
            }
            elements.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard elements.count == count else {
            throw GraftError(
                .badRequest, "fewer elements than the shape says", parameter: name, expected: "\(count)",
                found: "\(elements.count)")
        }
        return elements
    }

    /// The elements, one after the other.
    package static func join(_ elements: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(0) { $0 + $1.count + 4 })
        for element in elements {
            bytes.appendLittleEndian(UInt32(clamping: element.count))
            bytes += element
        }
        return bytes
    }
}

/// The FP32 data type in binary: little-endian, row-major.
package enum FloatTensor {
    /// - Throws: `GraftError.badRequest` for another size than the shape's, or values that are not finite.
    package static func read(
        _ bytes: ArraySlice<UInt8>, count: Int, name: String
    ) throws(GraftError) -> [Float] {
        guard bytes.count == count * 4 else {
            throw GraftError(
                .badRequest, "the data do not fit the shape", parameter: name, expected: "\(count * 4) bytes",
                found: "\(bytes.count)")
        }
        let start = bytes.startIndex
        let values = (0..<count).map { Float(bitPattern: bytes.littleEndian32(at: start + $0 * 4)) }
        guard values.allSatisfy(\.isFinite) else {
            throw GraftError(.badRequest, "a value that is not finite", parameter: name)
        }
        return values
    }

    package static func bytes(_ values: [Float]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for value in values { bytes.appendLittleEndian(value.bitPattern) }
        return bytes
    }
}

extension ArraySlice<UInt8> {
    /// The four bytes from `index` on; they must be there.
    fileprivate func littleEndian32(at index: Int) -> UInt32 {
        UInt32(self[index]) | UInt32(self[index + 1]) << 8 | UInt32(self[index + 2]) << 16 | UInt32(self[index + 3])
            << 24
    }
}

extension [UInt8] {
    fileprivate mutating func appendLittleEndian(_ value: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
