import CKernels
import Zoo

/// Input rows copied to scratch memory with the byte of 0 for the margins, so that a window's taps need no bounds checks; see
/// `PaddedRows`.
struct ByteRows: Sendable {
    let window: WindowGeometry
    /// Bytes between two pixels here, all of which a row's maker writes.
    let stride: Int
    let slots: Int
    let zero: UInt8

    /// Pixels of a slot.
    private var width: Int { max(window.span, window.before.width + window.input.width) }
    private var slotCount: Int { width * stride }
    /// Bytes of scratch memory: products read whole groups of four.
    var count: Int { slotCount * (slots + 1) + 64 }

    /// Fills the margins, and the row that stands for those above and below.
    func clearMargins(_ scratch: UnsafeMutablePointer<UInt8>) {
        let left = window.before.width * stride, right = left + window.input.width * stride
        for slot in 0..<slots {
            let start = scratch + slot * slotCount
            start.update(repeating: zero, count: left)
            (start + right).update(repeating: zero, count: slotCount - right)
        }
        (scratch + slots * slotCount).update(repeating: zero, count: slotCount)
    }

    /// The first pixel (margin included) that output row `outputRow` reads at kernel row `tap`.
    func row(_ outputRow: Int, tap: Int, _ scratch: UnsafeMutablePointer<UInt8>) -> UnsafePointer<UInt8> {
        guard let row = window.inputRow(outputRow, tap: tap) else {
            return UnsafePointer(scratch + slots * slotCount)
        }
        return UnsafePointer(scratch + row % slots * slotCount)
    }

    /// Where the image's first pixel of a row belongs.
    func start(_ row: Int, _ scratch: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        scratch + row % slots * slotCount + window.before.width * stride
    }

    /// Copies one row of an image from its first pixel's first wanted channel.
    func fill(_ row: Int, from image: UnsafePointer<UInt8>, pixelStride: Int, _ scratch: UnsafeMutablePointer<UInt8>) {
        let source = image + row * window.input.width * pixelStride, target = start(row, scratch)
        if pixelStride == stride {
            target.update(from: source, count: window.input.width * stride)
        } else {
            for pixel in 0..<window.input.width {
                (target + pixel * stride).update(from: source + pixel * pixelStride, count: stride)
            }
        }
    }
}
