import CImage
import Synchronization

/// The way from the colours of an ICC profile to sRGB.
///
/// A profile that is damaged, or of a colour space that decoded pixels are no longer in (CMYK), is passed over: the file
/// is readable without it.
final class ColorConversion: Sendable {
    // Not changed after it is made, and made for threads to share.
    private nonisolated(unsafe) let color: OpaquePointer?

    private init(_ profile: [UInt8]) {
        color = profile.withUnsafeBufferPointer { graft_color_open($0.baseAddress, $0.count) }
    }

    deinit { graft_color_close(color) }

    /// The picture in sRGB.
    func callAsFunction(_ picture: Picture) -> Picture {
        var pixels = picture.pixels
        pixels.withUnsafeMutableBufferPointer {
            graft_color_convert(color, $0.baseAddress, picture.width * picture.height)
        }
        return Picture(checkedWidth: picture.width, height: picture.height, pixels: pixels)
    }
}

extension ColorConversion {
    /// Pictures of one camera have one profile, and making a conversion can take longer than decoding a small picture.
    private static let recent = Mutex<[(profile: [UInt8], conversion: ColorConversion)]>([])
    private static let mostKept = 8
    private static let largestKept = 1 << 20

    /// Made anew only where it has not been asked for lately.
    static func from(profile: [UInt8]) -> ColorConversion {
        let known = recent.withLock { $0.first { $0.profile == profile }?.conversion }
        if let known { return known }
        let conversion = ColorConversion(profile)
        guard profile.count <= largestKept else { return conversion }
        recent.withLock { entries in
            entries.insert((profile, conversion), at: 0)
            if entries.count > mostKept { entries.removeLast() }
        }
        return conversion
    }
}
