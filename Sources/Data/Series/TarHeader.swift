import Zoo

/// One of a tar archive's headers: 512 bytes of fixed fields, as POSIX (`ustar`), GNU tar and what came before write them.
struct TarHeader {
    static let length = 512

    /// Bytes, as the field has them.
    let name: [UInt8]
    /// The length of the content in bytes.
    let size: Int
    let kind: Kind
    /// GNU: whether more blocks about holes stand before the content, each of which says so of the next.
    let hasMoreHoles: Bool

    enum Kind: Equatable {
        case file
        /// GNU: the content is the next header's name.
        case longName
        /// POSIX: the content says more of the next member.
        case extended
        /// A file with holes, whose content is not what stands there.
        case sparse
        /// Something about all members, or about a link: passed over, between what belongs to the next member.
        case note
        /// A folder, link or device, or something unknown: passed over.
        case other
    }

    /// - Parameter block: `length` bytes.
    /// - Returns: nil where the checksum is wrong: no header.
    /// - Throws: `GraftError` `.damaged` for a size that is none.
    init?(_ block: some Collection<UInt8>) throws(GraftError) {
        let block = Array(block)
        guard block.count == Self.length, Self.isSound(block) else { return nil }
        guard let size = Self.number(block[124..<136]) else {
            throw GraftError(.damaged, "the size of a member is none", expected: "octal digits")
        }
        // Links, folders and devices have no content, whatever their size says.
        self.size = (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(block[156]) ? 0 : size
        let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = isPOSIX ? Self.text(block[345..<500]) : []
        let own = Self.text(block[0..<100])
        name = prefix.isEmpty ? own : prefix + [UInt8(ascii: "/")] + own
        kind =
            switch block[156] {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
            case UInt8(ascii: "L"): .longName
            case UInt8(ascii: "x"): .extended
            case UInt8(ascii: "S"): .sparse
            case UInt8(ascii: "K"), UInt8(ascii: "g"): .note
            default: .other
            }
        hasMoreHoles = kind == .sparse && block[482] != 0
    }

    /// Whether another block about holes follows this one.
    static func hasMoreHoles(_ block: [UInt8]) -> Bool { block.count > 504 && block[504] != 0 }

    /// Whether the sum of all bytes, those of the checksum as spaces, is the stated one. Some old programs added signed
    /// bytes.
    private static func isSound(_ block: [UInt8]) -> Bool {
        guard let stated = number(block[148..<156]) else { return false }
        var (sum, signed) = (8 * 32, 8 * 32)
        for (place, byte) in block.enumerated() where !(148..<156).contains(place) {
            sum += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        return stated == sum || stated == signed
    }

    /// Octal digits between spaces and zeros, or, where the first bit is set, 95 bits of which 62 may be used.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            var value = 0
            for byte in field.dropFirst() {
                guard value < 1 << 54 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
        var value = 0
        for digit in digits {
            guard (48...55).contains(digit) else { return nil }
            value = value << 3 | Int(digit - 48)
        }
        return value
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }
}
