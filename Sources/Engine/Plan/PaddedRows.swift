import CKernels
import Zoo

/// Input rows copied to scratch memory with zeros for the margins, so that a window's taps need no bounds checks.
///
/// Row r of the image lies in slot `r % slots`; one more slot holds zeros and stands for every row above or below it.
struct PaddedRows: Sendable {
    let window: WindowGeometry
    /// Floats between two pixels of the image, and of a row here.
    let inputStride: Int
    let stride: Int
    /// Channels that are copied, all of `stride`.
    let channels: Int
    let slots: Int
    /// Pixels of a slot, if more are read than the window says.
    var least = 0

    /// Pixels of a slot.
    private var width: Int { max(window.span, window.before.width + window.input.width, least) }
    private var slotCount: Int { width * stride }
    /// Floats of scratch memory.
    var count: Int { slotCount * (slots + 1) }

    /// Zeroes the margins, and the row that stands for those above and below: all that `fill` or a caller that writes
    /// slots itself leaves as it is.
    func clearMargins(_ scratch: UnsafeMutablePointer<Float>) {
        let left = window.before.width * stride, right = left + window.input.width * stride
        for slot in 0..<slots {
            let start = scratch + slot * slotCount
            start.update(repeating: 0, count: left)
            (start + right).update(repeating: 0, count: slotCount - right)
        }
        (scratch + slots * slotCount).update(repeating: 0, count: slotCount)
    }

    /// Copies one row of the image from its first pixel's first wanted channel.
    func fill(_ row: Int, from image: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>) {
        let source = image + row * window.input.width * inputStride
        let target = slot(row, scratch) + window.before.width * stride
        if inputStride == stride && channels == stride {
            target.update(from: source, count: window.input.width * stride)
        } else {
            for pixel in 0..<window.input.width {
                (target + pixel * stride).update(from: source + pixel * inputStride, count: channels)
            }
        }
    }

    /// The same for rows of pairs: `stride` is that of pairs.
    func fillPairs(_ row: Int, from image: UnsafePointer<Float>, _ memory: StepMemory) {
        memory.pairKernels.pointee.round(
            image + row * window.input.width * inputStride, inputStride,
            slot(row, memory.scratch) + window.before.width * stride, stride, window.input.width, channels)
    }

    /// The first pixel (margin included) that output row `outputRow` reads at kernel row `tap`.
    func row(_ outputRow: Int, tap: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
        guard let row = window.inputRow(outputRow, tap: tap) else { return zeros(scratch) }
        return UnsafePointer(slot(row, scratch))
    }

    /// The row that stands for those above and below the image.
    func zeros(_ scratch: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
        UnsafePointer(scratch + slots * slotCount)
    }

    /// Where a row of the image lies, from its left margin.
    func slot(_ row: Int, _ scratch: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
        scratch + row % slots * slotCount
    }
}
