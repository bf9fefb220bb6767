/// The parts of a file that may state an orientation or a colour profile.
///
/// Damage here is no error: the walk ends, as if there were no metadata, and the codec says what is wrong with the
/// picture.
struct Metadata {
    /// A TIFF file in small, without the `Exif\0\0` before it.
    private(set) var exif: ArraySlice<UInt8>?
    /// An XML text.
    private(set) var xmp: ArraySlice<UInt8>?
    /// An ICC profile. A PNG's is compressed: libpng reads it.
    private(set) var profile: [UInt8]?

    /// As EXIF numbers it; 1 where the file says nothing, or nothing that makes sense.
    var orientation: Int { exif.flatMap { TIFFDirectory($0)?.orientation } ?? xmp.flatMap(xmpOrientation) ?? 1 }

    private static let exifPrefix = "Exif\0\0"

    /// The APP1 and APP2 segments before the first scan. EXIF or a profile that needs several of them is joined.
    init(jpeg bytes: [UInt8]) {
        let file = ByteReader(bytes)
        let xmpPrefix = "http://ns.adobe.com/xap/1.0/\0"
        let profilePrefix = "ICC_PROFILE\0"
        // The number of each part, how many there are, and the part.
        var profileParts: [(number: UInt8, count: UInt8, bytes: ArraySlice<UInt8>)] = []
        defer {
            profileParts.sort { $0.number < $1.number }
            let whole = profileParts.enumerated().allSatisfy { index, part in
                Int(part.number) == index + 1 && Int(part.count) == profileParts.count
            }
            if whole, !profileParts.isEmpty { profile = profileParts.flatMap(\.bytes) }
        }
        var offset = 2
        while let byte = file.byte(offset), let marker = file.byte(offset + 1) {
            guard byte == 0xFF, marker != 0xFF else {
                // Padding, or junk between segments, which libjpeg skips too.
                offset += 1
                continue
            }
            switch marker {
            case 0xDA, 0xD9: return
            // Markers without a length.
            case 0x00, 0x01, 0xD0...0xD8: offset += 2
            default:
                guard let size = file.integer(offset + 2, width: 2, bigEndian: true), size >= 2,
                    let segment = file.slice(offset + 4, size - 2)
                else { return }
                if marker == 0xE1 {
                    let reader = ByteReader(segment)
                    if reader.has(Metadata.exifPrefix) {
                        exif = (exif ?? []) + segment.dropFirst(Metadata.exifPrefix.utf8.count)
                    } else if reader.has(xmpPrefix) {
                        xmp = segment.dropFirst(xmpPrefix.utf8.count)
                    }
                } else if marker == 0xE2, ByteReader(segment).has(profilePrefix) {
                    let part = segment.dropFirst(profilePrefix.utf8.count)
                    if let number = part.first, let count = part.dropFirst().first {
                        profileParts.append((number, count, part.dropFirst(2)))
                    }
                }
                offset += 2 + size
            }
        }
    }

    /// The chunks `eXIf` and `iTXt` (uncompressed), before or after the picture.
    init(png bytes: [UInt8]) {
        let file = ByteReader(bytes)
        var offset = 8
        while let size = file.integer(offset, width: 4, bigEndian: true),
            let payload = file.slice(offset + 8, size)
        {
            if file.has("eXIf", at: offset + 4) {
                exif = Metadata.withoutPrefix(payload)
            } else if file.has("iTXt", at: offset + 4), ByteReader(payload).has("XML:com.adobe.xmp\0\0") {
                xmp = payload
            }
            offset += 12 + size
        }
    }

    /// The chunks `EXIF`, `XMP ` and `ICCP`.
    init(webp bytes: [UInt8]) {
        let container = WebPContainer(bytes)
        exif = container.chunk("EXIF").map(Metadata.withoutPrefix)
        xmp = container.chunk("XMP ")
        profile = container.chunk("ICCP").map(Array.init)
    }

    /// Some writers repeat JPEG's prefix where none belongs.
    private static func withoutPrefix(_ exif: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        ByteReader(exif).has(exifPrefix) ? exif.dropFirst(exifPrefix.utf8.count) : exif
    }
}

extension DecodedPicture {
    init(_ picture: Picture, _ metadata: Metadata) {
        self.init(picture, orientation: metadata.orientation, profile: metadata.profile)
    }
}

/// The digit after `tiff:Orientation="` or `tiff:Orientation>` in an XMP packet, which some editors write instead of
/// EXIF.
func xmpOrientation(_ xmp: ArraySlice<UInt8>) -> Int? {
    let name = Array("tiff:Orientation".utf8)
    var rest = xmp
    while let start = rest.firstIndex(of: name[0]) {
        rest = rest[start...]
        guard rest.starts(with: name) else {
            rest = rest.dropFirst()
            continue
        }
        rest = rest.dropFirst(name.count)
        for separator in ["=\"", ">"] where rest.starts(with: separator.utf8) {
            guard let digit = rest.dropFirst(separator.utf8.count).first, (0x30...0x39).contains(digit) else {
                continue
            }
            return Int(digit) - 0x30
        }
    }
    return nil
}
