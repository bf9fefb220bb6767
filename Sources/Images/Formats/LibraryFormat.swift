import CImage
import Zoo

/// The formats whose libraries a package trait turns on. Where it is off they are still known by their first bytes, for
/// the error to say what would help.
enum LibraryFormat: PictureFormat, CaseIterable {
    case gif, tiff, heic, avif, jpegXL

    /// Those that this build reads.
    static var available: [LibraryFormat] { allCases.filter { $0.codec != nil } }

    var name: String {
        switch self {
        case .gif: "GIF"
        case .tiff: "TIFF"
        case .heic: "HEIC"
        case .avif: "AVIF"
        case .jpegXL: "JPEG XL"
        }
    }

    /// The package trait.
    var trait: String {
        switch self {
        case .gif: "GIF"
        case .tiff: "TIFF"
        case .heic: "HEIC"
        case .avif: "AVIF"
        case .jpegXL: "JPEGXL"
        }
    }

    var extensions: [String] {
        switch self {
        case .gif: ["gif"]
        case .tiff: ["tif", "tiff"]
        case .heic: ["heic", "heif", "hif"]
        case .avif: ["avif"]
        case .jpegXL: ["jxl"]
        }
    }

    func recognizes(_ start: ArraySlice<UInt8>) -> Bool {
        let file = ByteReader(start)
        switch self {
        case .gif: return file.has("GIF87a") || file.has("GIF89a")
        case .tiff: return file.has("II*\0") || file.has("MM\0*") || file.has("II+\0") || file.has("MM\0+")
        case .heic:
            let brands = brands(of: file)
            return !brands.isDisjoint(with: ["heic", "heix", "heim", "heis", "hevc", "hevx"])
                || !brands.isDisjoint(with: ["mif1", "msf1"]) && brands.isDisjoint(with: ["avif", "avis"])
        case .avif: return !brands(of: file).isDisjoint(with: ["avif", "avis"])
        case .jpegXL: return file.has("\0\0\0\u{C}JXL \r\n") || start.starts(with: [0xFF, 0x0A])
        }
    }

    func decode(_ file: PictureFile) throws(GraftError) -> DecodedPicture {
        guard let codec else {
            throw GraftError(
                .unsupported, "\(name) is not read by this build of Graft", file: file.name,
                remedy: "build it with the package trait \(trait), or convert the file first")
        }
        let size = try file.size(codec.size)
        try file.check(width: Int(size.width), height: Int(size.height))
        if self == .heic {
            for size in HEVCSizes(file.bytes).sizes { try file.check(width: size.width, height: size.height) }
        }
        if let jpeg = try jpeg(in: file) { return try JPEGFormat().decode(jpeg) }
        return try file.decoded(size, codec.decode)
    }

    /// The JPEG file that a JPEG XL file was made from without loss: its pixels are then the same, to the bit.
    private func jpeg(in file: PictureFile) throws(GraftError) -> PictureFile? {
        #if JPEGXL
            guard self == .jpegXL else { return nil }
            var bytes: UnsafeMutablePointer<UInt8>?
            var count = 0
            let result = file.bytes.withUnsafeBufferPointer {
                graft_jxl_jpeg($0.baseAddress, $0.count, &bytes, &count)
            }
            defer { graft_image_free(bytes) }
            try file.check(result)
            guard count > 0 else { return nil }
            return PictureFile(
                bytes: Array(UnsafeBufferPointer(start: bytes, count: count)), name: file.name, limits: file.limits,
                shortSide: file.shortSide, format: name)
        #else
            return nil
        #endif
    }

    /// What an ISO media file says that it may be read as: the brand of its first box, and those that are compatible.
    private func brands(of file: ByteReader) -> Set<String> {
        guard file.has("ftyp", at: 4), let size = file.integer(0, width: 4, bigEndian: true) else { return [] }
        let places = [8] + Array(stride(from: 16, to: max(16, min(size, file.count) - 3), by: 4))
        return Set(places.compactMap { file.slice($0, 4) }.map { String(decoding: $0, as: UTF8.self) })
    }

    /// nil where the trait is off.
    private var codec: (size: PictureFile.Header, decode: PictureFile.Codec)? {
        switch self {
        case .gif:
            #if GIF
                return (graft_gif_size, graft_gif_decode)
            #else
                return nil
            #endif
        case .tiff:
            #if TIFF
                return (graft_tiff_size, graft_tiff_decode)
            #else
                return nil
            #endif
        case .heic:
            #if HEIC
                return (graft_heic_size, graft_heic_decode)
            #else
                return nil
            #endif
        case .avif:
            #if AVIF
                return (graft_avif_size, graft_avif_decode)
            #else
                return nil
            #endif
        case .jpegXL:
            #if JPEGXL
                return (graft_jxl_size, graft_jxl_decode)
            #else
                return nil
            #endif
        }
    }
}
