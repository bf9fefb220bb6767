#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a model file keeps to tell pictures that are none of its classes: training pictures' features, and what is usual.
package struct NoneOfThese: Sendable, Hashable, Codable {
    /// The share of pictures of the known classes that may be called strangers.
    package var promised: Double
    /// Scores below it are strangers'.
    package var threshold: Double
    /// Values of one picture's features.
    package var width: Int
    /// `[N, width]`, each of length 1: 16-bit floats, little-endian, in base 64.
    package var prototypes: String
    /// The class of each prototype.
    package var labels: [Int]
    /// Mean cosines of training pictures to their nearest, ascending.
    package var cosines: [Float]
    /// Largest probabilities of training pictures, ascending.
    package var confidences: [Float]

    /// The parts of the yardstick.
    package init(
        promised: Double, threshold: Double, width: Int, prototypes: String, labels: [Int], cosines: [Float],
        confidences: [Float]
    ) {
        self.promised = promised
        self.threshold = threshold
        self.width = width
        self.prototypes = prototypes
        self.labels = labels
        self.cosines = cosines
        self.confidences = confidences
    }

    private enum CodingKeys: String, CodingKey {
        case promised = "promised"
        case threshold = "threshold"
        case width = "width"
        case prototypes = "prototypes"
        case labels = "labels"
        case cosines = "cosines"
        case confidences = "confidences"
    }
}

extension NoneOfThese {
    /// Values as `prototypes` keeps them.
    package static func packed(_ values: [Float]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 2)
        for value in values {
            let bits = HalfFloat.bits(value)
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        }
        return Data(bytes).base64EncodedString()
    }

    /// The values of `prototypes`, nil where they are not what they should be.
    package var prototypeValues: [Float]? {
        guard let data = Data(base64Encoded: prototypes), data.count % 2 == 0 else { return nil }
        let bytes = [UInt8](data)
        return stride(from: 0, to: bytes.count, by: 2).map {
            HalfFloat.float(UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }
}
