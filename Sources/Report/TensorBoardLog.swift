package import Learning
import Weights

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An event file as TensorBoard reads it: one record for every epoch.
///
/// TensorFlow's `TFRecord` framing (length, checksum, data, checksum) around `Event` messages of Protocol Buffers, of which
/// three of the many fields are needed. Written out here: the generated code for them would be a hundred times longer.
package struct TensorBoardLog: Sendable {
    package static let fileName = "events.out.tfevents.0.graft"

    /// The file's first record.
    package static func header(time: Double) -> [UInt8] {
        var event = message(time: time, step: nil)
        // Event.file_version = 3
        event.append(field: 3, bytes: Array("brain.Event:2".utf8))
        return record(event.bytes)
    }

    /// The record of an epoch: loss, accuracy and learning rate under the names that TensorBoard groups by.
    /// - Parameter time: seconds since 1970.
    package static func record(of epoch: EpochRecord, time: Double) -> [UInt8] {
        var figures: [(name: String, value: Double)] = [
            ("loss/train", epoch.trainLoss)
        ]
        if let correct = epoch.trainCorrect {
            figures.append(("accuracy/train", Double(correct) / Double(max(1, epoch.trainTotal))))
        }
        figures.append(("learning_rate", epoch.learningRate))
        if let loss = epoch.testLoss { figures.append(("loss/test", loss)) }
        if let correct = epoch.testCorrect, let total = epoch.testTotal, total > 0 {
            figures.append(("accuracy/test", Double(correct) / Double(total)))
        }
        if let phase = epoch.phase { figures.append(("phase", Double(phase))) }
        var summary = ProtocolBytes()
        for (name, value) in figures {
            var entry = ProtocolBytes()
            // Summary.Value.tag = 1, simple_value = 2
            entry.append(field: 1, bytes: Array(name.utf8))
            entry.append(field: 2, fixed: Float(value).bitPattern)
            // Summary.value = 1
            summary.append(field: 1, bytes: entry.bytes)
        }
        var event = message(time: time, step: epoch.epoch)
        // Event.summary = 5
        event.append(field: 5, bytes: summary.bytes)
        return record(event.bytes)
    }

    /// An `Event` with `wall_time` = 1 and `step` = 2.
    private static func message(time: Double, step: Int?) -> ProtocolBytes {
        var event = ProtocolBytes()
        event.append(field: 1, fixed: time.bitPattern)
        if let step { event.append(field: 2, varint: UInt64(step)) }
        return event
    }

    private static func record(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(masked(length)) + data + littleEndian(masked(data))
    }

    /// TensorFlow's way of keeping a checksum of data that may hold checksums.
    private static func masked(_ bytes: [UInt8]) -> UInt32 {
        let checksum = CRC32C.of(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}

/// The few forms of Protocol Buffers that an event needs.
private struct ProtocolBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(field: UInt64, varint value: UInt64) {
        append(varint: field << 3)
        append(varint: value)
    }

    mutating func append(field: UInt64, fixed value: UInt64) {
        append(varint: field << 3 | 1)
        bytes += littleEndian(value)
    }

    mutating func append(field: UInt64, bytes value: [UInt8]) {
        append(varint: field << 3 | 2)
        append(varint: UInt64(value.count))
        bytes += value
    }

    mutating func append(field: UInt64, fixed value: UInt32) {
        append(varint: field << 3 | 5)
        bytes += littleEndian(value)
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

private func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Number(8 * $0)) }
}

/// The checksum with Castagnoli's polynomial (RFC 3720, appendix B.4).
package enum CRC32C {
    package static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }
}
