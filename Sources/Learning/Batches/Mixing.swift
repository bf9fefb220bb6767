package import Zoo

/// Mixes neighbours of a batch, and their labels with them: torchvision's `MixUp` (arXiv:1710.09412) and `CutMix`
/// (arXiv:1905.04899).
public struct Mixing: Sendable, Hashable {
    /// The parameter of the Beta distribution that shares are drawn from; 0 switches mixup off.
    public var mixup = 0.0
    /// The same for cutmix. Where both are on, chance picks one for each batch.
    public var cutmix = 0.0

    /// No mixing.
    public init() {}

    /// Whether batches stay as they are.
    public var isEmpty: Bool { !(mixup > 0) && !(cutmix > 0) }

    /// Mixes a batch in place.
    /// - Parameters:
    ///   - images: `[N, H, W, C]`.
    ///   - targets: N rows.
    ///   - step: the number of the batch in its epoch.
    /// - Returns: what is to be learnt of the mixed pictures; of classes, probabilities.
    package func callAsFunction(
        _ images: inout Tensor, targets: Targets, classCount: Int, seed: UInt64, epoch: Int, step: Int
    ) -> Targets {
        precondition(images.shape.count == 4 && images.shape[0] == targets.count, "one target an image")
        let draw = draw(
            height: images.shape[1], width: images.shape[2], seed: seed, epoch: epoch, step: step)
        draw?.apply(to: &images)
        return (draw ?? .blend(share: 1)).targets(targets, classCount: classCount)
    }

    /// What is done to that batch; nil where nothing is.
    package func draw(height: Int, width: Int, seed: UInt64, epoch: Int, step: Int) -> Mixture? {
        let draws = BatchDraws(seed: seed, epoch: epoch, step: step)
        guard !isEmpty else { return nil }
        let words = draws.words(0)
        let isBlend = cutmix > 0 ? mixup > 0 && words[0] < 1 << 31 : true
        let share = draws.beta(isBlend ? mixup : cutmix)
        guard !isBlend else { return .blend(share: share) }
        func position(_ word: UInt32, _ count: Int) -> Int { Int((UInt64(word) &* UInt64(count)) >> 32) }
        return .patch(
            share: share, row: position(words[2], height), column: position(words[1], width), height: height,
            width: width)
    }
}

/// How a batch is mixed: image n with image n - 1, the first with the last.
package enum Mixture: Sendable, Hashable {
    /// The image's own share; the rest is its neighbour's.
    case blend(share: Double)
    /// The neighbour's pixels inside a rectangle, and the image's own share of the area.
    case patch(rows: Range<Int>, columns: Range<Int>, share: Double)

    /// A rectangle of that share of the picture around a centre, cut off at the rim.
    package static func patch(share: Double, row: Int, column: Int, height: Int, width: Int) -> Mixture {
        let half = 0.5 * (1 - share).squareRoot()
        let (halfWidth, halfHeight) = (Int(half * Double(width)), Int(half * Double(height)))
        let columns = max(0, column - halfWidth)..<min(width, column + halfWidth)
        let rows = max(0, row - halfHeight)..<min(height, row + halfHeight)
        return .patch(
            rows: rows, columns: columns, share: 1 - Double(columns.count * rows.count) / Double(width * height))
    }

    private var share: Double {
        switch self {
        case .blend(let share), .patch(_, _, let share): share
        }
    }

    /// - Parameter images: `[N, H, W, C]`.
    package func apply(to images: inout Tensor) {
        let (count, width, channels) = (images.shape[0], images.shape[2], images.shape[3])
        let size = images.shape[1] * width * channels
        guard count > 1 else { return }
        images.withElements { elements in
            let last = Array(elements[(count - 1) * size..<count * size])
            // Backwards, so that the neighbour is still what it was.
            for image in stride(from: count - 1, through: 0, by: -1) {
                let start = image * size
                func mix(_ range: Range<Int>, _ own: Float, _ other: Float) {
                    for index in range {
                        let neighbour = image > 0 ? elements[start - size + index] : last[index]
                        elements[start + index] = neighbour * other + elements[start + index] * own
                    }
                }
                switch self {
                case .blend(let share): mix(0..<size, Float(share), Float(1 - share))
                case .patch(let rows, let columns, _):
                    for row in rows {
                        let first = row * width * channels
                        mix(first + columns.lowerBound * channels..<first + columns.upperBound * channels, 0, 1)
                    }
                }
            }
        }
    }

    /// The targets of the mixed pictures: probabilities of classes; of others, as before.
    package func targets(_ targets: Targets, classCount: Int) -> Targets {
        switch targets {
        case .classes(let labels): .probabilities(shares(of: labels, classCount: classCount))
        case .probabilities(let rows): .probabilities(mixed(rows))
        case .labels(let rows): .labels(mixed(rows))
        case .values(let rows): .values(mixed(rows))
        }
    }

    private func mixed(_ rows: Tensor) -> Tensor {
        let (count, columns) = (rows.shape[0], rows.shape[1])
        var result = rows
        result.withElements { result in
            for index in 0..<count {
                let neighbour = index > 0 ? index - 1 : count - 1
                for column in 0..<columns {
                    result[index * columns + column] =
                        rows.elements[neighbour * columns + column] * Float(1 - share)
                        + rows.elements[index * columns + column] * Float(share)
                }
            }
        }
        return result
    }

    /// `[N, classes]`
    private func shares(of labels: [Int], classCount: Int) -> Tensor {
        var targets = Tensor(shape: [labels.count, classCount])
        targets.withElements { targets in
            for (index, label) in labels.enumerated() {
                let neighbour = labels[index > 0 ? index - 1 : labels.count - 1]
                targets[index * classCount + neighbour] = Float(1 - share)
                targets[index * classCount + label] += Float(share)
            }
        }
        return targets
    }
}
