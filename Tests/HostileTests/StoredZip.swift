import Weights

/// A sound zip archive of stored members in memory: what is damaged in them has the right CRC.
enum StoredZip {
    static func bytes(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in members {
            let offset = UInt32(bytes.count)
            let checksum = content.withUnsafeBytes { Deflater.checksum([$0]) }
            let size = UInt32(content.count)
            let common = le(UInt16(0)) + le(UInt16(0)) + le(UInt32(0)) + le(checksum) + le(size) + le(size)
            let length = le(UInt16(name.utf8.count)) + le(UInt16(0))
            bytes += le(UInt32(0x0403_4b50)) + le(UInt16(20)) + common + length + Array(name.utf8) + content
            directory += le(UInt32(0x0201_4b50)) + le(UInt16(20)) + le(UInt16(20)) + common + length
            directory += le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0)) + le(UInt32(0)) + le(offset) + Array(name.utf8)
        }
        let count = le(UInt16(members.count))
        let end = le(UInt32(directory.count)) + le(UInt32(bytes.count)) + le(UInt16(0))
        return bytes + directory + le(UInt32(0x0605_4b50)) + le(UInt16(0)) + le(UInt16(0)) + count + count + end
    }

    private static func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
