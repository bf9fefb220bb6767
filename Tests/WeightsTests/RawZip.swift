import Weights

/// A zip archive put together byte by byte, so that every field can be wrong.
struct RawZip {
    struct Member {
        var name: String
        /// What the member unpacks to, as far as the fields below do not say otherwise.
        var content: [UInt8]
        var deflated = false
        var flags: UInt16 = 0
        var method: UInt16?
        var crc32: UInt32?
        var size: UInt32?
        var compressedSize: UInt32?
        var localName: String?
        var localMethod: UInt16?
        var localSize: UInt32?
        var localExtra: [UInt8] = []
        var centralExtra: [UInt8] = []
        /// Bytes between the member before and this one.
        var gap = 0
        /// Where the directory says that the member is.
        var offset: UInt32?
        var unixMode: UInt16 = 0
        var disk: UInt16 = 0
        /// Bytes after the content.
        var descriptor: [UInt8] = []

        init(_ name: String, _ content: [UInt8] = [], _ change: (inout Member) -> Void = { _ in }) {
            self.name = name
            self.content = content
            change(&self)
        }

        var packed: [UInt8] {
            guard deflated else { return content }
            return content.withUnsafeBytes { Deflater.pack([$0], level: 6) ?? [] }
        }

        var checksum: UInt32 { crc32 ?? content.withUnsafeBytes { Deflater.checksum([$0]) } }
    }

    var members: [Member]
    var comment: [UInt8] = []
    var trailing: [UInt8] = []
    /// Bytes between the last member and the directory.
    var gap = 0
    var count: UInt16?
    var directoryOffset: UInt32?

    init(_ members: [Member]) { self.members = members }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            bytes += [UInt8](repeating: 0, count: member.gap)
            let packed = member.packed
            let offset = member.offset ?? UInt32(bytes.count)
            let method = member.method ?? (member.deflated ? 8 : 0)
            let size = member.size ?? UInt32(member.content.count)
            let compressedSize = member.compressedSize ?? UInt32(packed.count)
            let streamed = member.flags & 8 != 0
            let localName = Array((member.localName ?? member.name).utf8)
            let name = Array(member.name.utf8)
            bytes += le(UInt32(0x0403_4b50)) + le(UInt16(20)) + le(member.flags) + le(member.localMethod ?? method)
            bytes += le(UInt32(0)) + le(streamed ? 0 : member.checksum) + le(streamed ? 0 : compressedSize)
            bytes += le(member.localSize ?? (streamed ? 0 : size)) + le(UInt16(localName.count))
            bytes += le(UInt16(member.localExtra.count)) + localName + member.localExtra
            bytes += packed + member.descriptor
            directory += le(UInt32(0x0201_4b50)) + le(UInt16(3 << 8 | 20)) + le(UInt16(20)) + le(member.flags)
            directory += le(method) + le(UInt32(0)) + le(member.checksum) + le(compressedSize) + le(size)
            directory += le(UInt16(name.count)) + le(UInt16(member.centralExtra.count)) + le(UInt16(0))
            directory += le(member.disk) + le(UInt16(0)) + le(UInt32(member.unixMode) << 16) + le(offset)
            directory += name + member.centralExtra
        }
        bytes += [UInt8](repeating: 0, count: gap)
        let start = directoryOffset ?? UInt32(bytes.count)
        let entries = count ?? UInt16(members.count)
        bytes += directory
        bytes += le(UInt32(0x0605_4b50)) + le(UInt32(0)) + le(entries) + le(entries) + le(UInt32(directory.count))
        bytes += le(start) + le(UInt16(comment.count)) + comment + trailing
        return bytes
    }
}

/// The number's bytes, the lowest first.
func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } }
