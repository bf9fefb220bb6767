/// The comparison of pictures of which one was cut, or has something drawn over it.
extension SmallGrey {
    /// The best correlation with the other picture, one of the two cut by up to 10 % anywhere, and perhaps mirrored; the
    /// tenth of the picture that agrees worst does not count.
    /// - Parameter mine: this picture's windows, which serve for all others.
    func correlationOfParts(_ mine: GreyWindows, with other: SmallGrey) -> Float {
        let theirs = GreyWindows(other, isMirrored: false)
        var best: Float = 0
        for window in theirs.all {
            best = max(best, mine.whole.trimmedCorrelation(window))
            best = max(best, mine.mirroredWhole.trimmedCorrelation(window))
        }
        for window in mine.cut + mine.mirroredCut {
            best = max(best, window.trimmedCorrelation(theirs.whole))
        }
        return best
    }
}

/// Windows of a picture: all of it, and what cuts of up to 10 % leave.
struct GreyWindows {
    /// Of the picture as it is, the whole first.
    let all: [GreyWindow]
    /// The same mirrored; empty where that is not asked for.
    private let mirrored: [GreyWindow]

    var whole: GreyWindow { all[0] }
    var cut: ArraySlice<GreyWindow> { all.dropFirst() }
    var mirroredWhole: GreyWindow { mirrored.first ?? whole }
    var mirroredCut: ArraySlice<GreyWindow> { mirrored.dropFirst() }

    /// Sides of a cut picture as a share of the whole.
    private static let scales: [Float] = [0.95, 0.9]
    /// Where a window lies: from 0 (left, top) to 1 (right, bottom).
    private static let places: [Float] = [0, 0.5, 1]

    init(_ picture: SmallGrey, isMirrored: Bool) {
        let sums = Self.sums(picture.cells)
        var windows = [GreyWindow(sums, scale: 1, x: 0, y: 0)]
        for scale in Self.scales {
            for y in Self.places {
                for x in Self.places { windows.append(GreyWindow(sums, scale: scale, x: x, y: y)) }
            }
        }
        all = windows
        mirrored = isMirrored ? windows.map(\.mirrored) : []
    }

    /// Sums of all cells above and to the left, so that a block's sum is four of them: `[working + 1, working + 1]`.
    private static func sums(_ cells: [UInt8]) -> [Int32] {
        let side = SmallGrey.working, width = side + 1
        var sums = [Int32](repeating: 0, count: width * width)
        for y in 0..<side {
            var line: Int32 = 0
            for x in 0..<side {
                line += Int32(cells[y * side + x])
                sums[(y + 1) * width + x + 1] = sums[y * width + x + 1] + line
            }
        }
        return sums
    }
}

/// `[side, side]` means of a window's blocks, less their mean and of length 1.
struct GreyWindow {
    private var values: [Float]

    /// The share of cells that agree worst and do not count: a corner with a mark in it.
    private static let trimmed = SmallGrey.side * SmallGrey.side / 10

    /// - Parameters:
    ///   - sums: see `GreyWindows`.
    ///   - scale: the window's side as a share of the picture's.
    ///   - x: from 0 (left) to 1 (right).
    ///   - y: from 0 (top) to 1 (bottom).
    fileprivate init(_ sums: [Int32], scale: Float, x: Float, y: Float) {
        let side = SmallGrey.side, width = SmallGrey.working + 1
        let size = Float(SmallGrey.working) * scale, rest = Float(SmallGrey.working) - size
        let step = size / Float(side)
        func edges(_ start: Float) -> [Int] { (0...side).map { Int((start + Float($0) * step).rounded()) } }
        let columns = edges(rest * x), rows = edges(rest * y)
        var result = [Float](repeating: 0, count: side * side)
        for row in 0..<side {
            let (top, bottom) = (rows[row], rows[row + 1])
            for column in 0..<side {
                let (left, right) = (columns[column], columns[column + 1])
                let sum =
                    sums[bottom * width + right] - sums[top * width + right] - sums[bottom * width + left]
                    + sums[top * width + left]
                result[row * side + column] = Float(sum) / Float(max(1, (bottom - top) * (right - left)))
            }
        }
        let mean = result.reduce(0, +) / Float(result.count)
        let length = result.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
        values = result.map { length > 0 ? ($0 - mean) / length : 0 }
    }

    /// The window from right to left.
    var mirrored: GreyWindow {
        let side = SmallGrey.side
        var result = self
        for index in values.indices { result.values[index] = values[index + side - 1 - 2 * (index % side)] }
        return result
    }

    /// The correlation of what agrees best: all but a tenth.
    func trimmedCorrelation(_ other: GreyWindow) -> Float {
        let (a, b) = (values, other.values)
        var plain: Float = 0
        for index in a.indices { plain += a[index] * b[index] }
        // Far apart: no tenth of the picture makes up for it.
        guard plain > 0.5, plain < 0.999 else { return plain }
        let limit = Self.firstTrimmed(a, b)
        var count: Float = 0, sumA: Float = 0, sumB: Float = 0
        for index in a.indices where Self.key(a, b, index) < limit {
            count += 1
            sumA += a[index]
            sumB += b[index]
        }
        let meanA = sumA / count, meanB = sumB / count
        var product: Float = 0, squareA: Float = 0, squareB: Float = 0
        for index in a.indices where Self.key(a, b, index) < limit {
            let x = a[index] - meanA, y = b[index] - meanB
            product += x * y
            squareA += x * x
            squareB += y * y
        }
        let length = (squareA * squareB).squareRoot()
        return length > 0 ? product / length : 0
    }

    /// Larger for cells that differ more, of equal ones for the later.
    private static func key(_ a: [Float], _ b: [Float], _ index: Int) -> UInt64 {
        UInt64(abs(a[index] - b[index]).bitPattern) << 32 | UInt64(index)
    }

    /// The key of the cell that differs least among those that do not count.
    private static func firstTrimmed(_ a: [Float], _ b: [Float]) -> UInt64 {
        // Of the largest keys so far, the least first.
        var largest = [UInt64](repeating: 0, count: trimmed)
        for index in a.indices {
            let key = key(a, b, index)
            guard key > largest[0] else { continue }
            var place = 0
            while place + 1 < largest.count, largest[place + 1] < key {
                largest[place] = largest[place + 1]
                place += 1
            }
            largest[place] = key
        }
        return largest[0]
    }
}
