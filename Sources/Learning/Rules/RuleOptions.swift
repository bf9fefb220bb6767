import Zoo

extension Options {
    /// `weight_decay`
    mutating func weightDecay() throws(GraftError) -> Double? { try number("weight_decay", in: 0...10) }

    /// `betas`: two decays.
    mutating func betas() throws(GraftError) -> (Double, Double)? {
        guard let pair = try list("betas") else { return nil }
        guard pair.count == 2, case .number(let first) = pair[0], case .number(let second) = pair[1],
            (0..<1).contains(first), (0..<1).contains(second)
        else {
            throw wrong("betas", .list(pair), expected: "two numbers from 0 to below 1")
        }
        return (first, second)
    }

    /// `epsilon`
    mutating func epsilon() throws(GraftError) -> Double? {
        guard let value = try number("epsilon", in: 0...1) else { return nil }
        // Where a gradient is 0, a step would be 0 / 0.
        guard value > 0 else {
            throw wrong("epsilon", .number(value), expected: "a number above 0, at most 1")
        }
        return value
    }
}

extension OptionValue {
    static func pair(_ first: Double, _ second: Double) -> OptionValue { .list([.number(first), .number(second)]) }
}
