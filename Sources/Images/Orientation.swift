import CImage

/// How the camera was held, as EXIF numbers it: what has to be done to the stored rows to see the picture upright.
enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirroredHorizontally
    case turnedHalf
    case mirroredVertically
    case transposed
    /// To be turned a quarter clockwise.
    case turnedRight
    case transversed
    /// To be turned a quarter anticlockwise.
    case turnedLeft

    var swapsSides: Bool { rawValue > 4 }
}

extension Picture {
    func oriented(_ orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
            pixels.withUnsafeBufferPointer {
                graft_image_orient(
                    $0.baseAddress, UInt32(width), UInt32(height), Int32(orientation.rawValue), buffer.baseAddress)
            }
            count = pixels.count
        }
        return Picture(
            checkedWidth: orientation.swapsSides ? height : width, height: orientation.swapsSides ? width : height,
            pixels: turned)
    }
}
