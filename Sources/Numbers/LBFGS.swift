/// The minimum of a smooth convex function by limited-memory BFGS (Nocedal and Wright, "Numerical Optimization", 2nd ed.,
/// algorithms 7.4 and 3.5): double precision, everything in a fixed order.
struct LBFGS {
    /// Steps that are remembered.
    var memory = 10
    /// It stops where no slope is steeper than this.
    var tolerance: Double
    var mostSteps = 1000

    /// A function's value and slopes at a point.
    struct Evaluation {
        var value: Double
        var gradient: PackedRows
    }

    /// What was found.
    struct Outcome {
        var point: PackedRows
        var value: Double
        var steps: Int
        /// False where the steps ran out, or where rounding left no way down.
        var converged: Bool
    }

    /// - Parameter function: finite everywhere.
    func minimum(from start: PackedRows, _ function: (PackedRows) -> Evaluation) -> Outcome {
        var point = start
        var current = function(point)
        var past: [Correction] = []
        for step in 0..<mostSteps {
            guard current.gradient.largestMagnitude > tolerance else {
                return Outcome(point: point, value: current.value, steps: step, converged: true)
            }
            var direction = Self.direction(down: current.gradient, past)
            var slope = direction.dot(current.gradient)
            if slope >= 0 {
                // Rounding has spoilt what is remembered.
                past = []
                direction = Self.direction(down: current.gradient, past)
                slope = direction.dot(current.gradient)
            }
            // Nothing is known of the curvature at first.
            let length = past.isEmpty ? min(1, 1 / direction.dot(direction).squareRoot()) : 1
            guard
                let next = Self.search(
                    from: point, current, along: direction, slope: slope, first: length, function)
            else {
                guard !past.isEmpty else {
                    return Outcome(point: point, value: current.value, steps: step, converged: false)
                }
                past = []
                continue
            }
            if let correction = Correction(from: point, current.gradient, to: next.point, next.found.gradient) {
                past.append(correction)
                if past.count > memory { past.removeFirst() }
            }
            point = next.point
            current = next.found
        }
        return Outcome(point: point, value: current.value, steps: mostSteps, converged: false)
    }

    /// One remembered step, and how the gradient changed over it.
    private struct Correction {
        let step: PackedRows
        let change: PackedRows
        let product: Double

        /// nil where the curvature is lost in rounding.
        init?(from: PackedRows, _ before: PackedRows, to: PackedRows, _ after: PackedRows) {
            var step = to, change = after
            step.add(-1, times: from)
            change.add(-1, times: before)
            product = step.dot(change)
            guard product > 1e-14 * change.dot(change) else { return nil }
            self.step = step
            self.change = change
        }
    }

    /// The two-loop recursion: the inverse Hessian, as remembered, times the way down.
    private static func direction(down gradient: PackedRows, _ past: [Correction]) -> PackedRows {
        var direction = gradient
        direction.scale(by: -1)
        var factors: [Double] = []
        for correction in past.reversed() {
            let factor = correction.step.dot(direction) / correction.product
            direction.add(-factor, times: correction.change)
            factors.append(factor)
        }
        if let last = past.last { direction.scale(by: last.product / last.change.dot(last.change)) }
        for (correction, factor) in zip(past, factors.reversed()) {
            let other = correction.change.dot(direction) / correction.product
            direction.add(factor - other, times: correction.step)
        }
        return direction
    }

    /// A step that keeps the strong Wolfe conditions, or the best of those tried; nil where none goes down.
    private static func search(
        from point: PackedRows, _ start: Evaluation, along direction: PackedRows, slope: Double, first: Double,
        _ function: (PackedRows) -> Evaluation
    ) -> (point: PackedRows, found: Evaluation)? {
        var length = first
        var low = (length: 0.0, value: start.value, slope: slope)
        var high: (length: Double, value: Double, slope: Double)?
        var best: (point: PackedRows, found: Evaluation)?
        for _ in 0..<40 {
            var there = point
            there.add(length, times: direction)
            let found = function(there)
            let slopeThere = found.gradient.dot(direction)
            let descends = found.value <= start.value + 1e-4 * length * slope
            if descends, found.value < best?.found.value ?? start.value { best = (there, found) }
            if descends, abs(slopeThere) <= -0.9 * slope { return (there, found) }
            let here = (length: length, value: found.value, slope: slopeThere)
            if !descends || found.value >= low.value {
                high = here
            } else {
                if let end = high, slopeThere * (end.length - low.length) >= 0 { high = low }
                if high == nil, slopeThere >= 0 { high = low }
                low = here
            }
            guard let high else {
                length *= 4
                continue
            }
            let next = between(low, high)
            guard next != length, next != low.length else { break }
            length = next
        }
        return best
    }

    /// The lowest point of the cubic through both ends, well inside of them.
    private static func between(
        _ low: (length: Double, value: Double, slope: Double), _ high: (length: Double, value: Double, slope: Double)
    ) -> Double {
        let span = high.length - low.length
        let d = low.slope + high.slope - 3 * (low.value - high.value) / (low.length - high.length)
        let square = d * d - low.slope * high.slope
        let middle = low.length + span / 2
        guard square >= 0 else { return middle }
        let root = square.squareRoot() * (span < 0 ? -1 : 1)
        let length = high.length - span * (high.slope + root - d) / (high.slope - low.slope + 2 * root)
        let share = (length - low.length) / span
        return share > 0.05 && share < 0.95 ? length : middle
    }
}
