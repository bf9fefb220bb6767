/// Names of files and folders, which are bytes: a Swift string would repair what is not UTF-8, and lose the name.
///
/// Inside Graft a name is a string all the same: valid UTF-8 as it is, every other byte as a private-use scalar, U+10FE00 and
/// the byte's value. Names that hold such scalars themselves have the bytes of those mapped in the same way, so that the
/// mapping is one to one.
package enum FileName {
    /// The scalars that stand for the bytes 0x80 to 0xFF.
    private static let scalars: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

    /// The byte that `scalar` stands for.
    static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        scalars.contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    /// The name of those bytes.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.hasByteScalars { return text }
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while let first = rest.first {
            // One scalar at most: what comes after a wrong byte is looked at anew.
            let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self)?.isEmpty == false }
            if let length, let scalar = String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars.first,
                byte(of: scalar) == nil
            {
                text.append(scalar)
                rest = rest.dropFirst(length)
            } else {
                text.append(Unicode.Scalar(0x10FE00 + UInt32(first)) ?? "\u{FFFD}")
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }
}

extension String {
    /// Whether it is the name of bytes that are not UTF-8.
    package var hasByteScalars: Bool {
        // All of them begin so in UTF-8, and hardly anything else does.
        utf8.contains(0xF4) && unicodeScalars.contains { FileName.byte(of: $0) != nil }
    }

    /// The bytes that the file system knows the name by.
    package var fileBytes: [UInt8] {
        guard hasByteScalars else { return Array(utf8) }
        return unicodeScalars.flatMap { scalar in FileName.byte(of: scalar).map { [$0] } ?? Array(String(scalar).utf8) }
    }

    /// The same with a zero at the end, for the system's functions.
    package var onDisk: [CChar] { fileBytes.map { CChar(bitPattern: $0) } + [0] }

    /// The code points, and for a byte that is not UTF-8 the surrogate that Python puts in its place: by these its `sorted`
    /// sorts the names of files.
    package var pythonCodePoints: [UInt32] {
        unicodeScalars.map { scalar in FileName.byte(of: scalar).map { 0xDC00 + UInt32($0) } ?? scalar.value }
    }

    /// What tells a name from every other: two strings that differ in how their characters are composed are equal, and no
    /// less the names of two folders.
    package var byteKey: [UInt8] { Array(utf8) }
}

extension [String] {
    /// The place of a class' name: by its bytes, as they are or as they are shown, or else of one that reads the same, for
    /// every keyboard composes characters in its own way.
    package func place(ofName name: String) -> Int? {
        firstIndex { $0.byteKey == name.byteKey } ?? firstIndex { $0.byteKey == name.shownIfNeeded.byteKey }
            ?? firstIndex(of: name)
    }
}
