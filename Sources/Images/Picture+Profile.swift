import CImage

extension Picture {
    /// Converts the pixels from the colours of an ICC profile. A profile that is damaged, or of a colour space that the
    /// pixels are no longer in (CMYK), is passed over: the file is readable without it.
    mutating func convertToSRGB(from profile: [UInt8]) {
        let count = width * height
        profile.withUnsafeBufferPointer { profile in
            pixels.withUnsafeMutableBufferPointer {
                graft_color_convert(profile.baseAddress, profile.count, $0.baseAddress, count)
            }
        }
    }
}
