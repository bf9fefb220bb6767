import Zoo

extension NodeList {
    /// The nodes of what neighbours vote for: the most alike of those that are pictures, the softmax of their likenesses, and
    /// its sum over each class.
    /// - Parameters:
    ///   - x: `[N, pictures]`.
    ///   - labels: `[pictures]`.
    ///   - scale: `[1]`.
    mutating func describe(
        _ votes: NeighbourVotes, at name: String, _ x: String, labels: String, scale: String
    ) -> String {
        // A label below 0 is no picture: less alike than any.
        let none = append("Less", [labels, scalar(0)], name: name)
        let known = append("Where", [none, scalar(-1e30), x], name: name)
        let count = min(votes.count, votes.pictures)
        let nearest = append(
            "TopK", [known, integers([count])], outputs: 2, name: name, attributes: [.int("axis", -1)])
        let scaled = append("Div", [nearest[0], scalar(Float(votes.temperature))], name: name)
        let each = append("Softmax", [scaled], name: name, attributes: [.int("axis", -1)])
        let own = append("Gather", [labels, nearest[1]], name: name)
        let numbers = append("Cast", [own], name: name, attributes: [.int("to", 7)])
        // `[N, neighbours, classes]`: 1 where the neighbour is of the class.
        let isOf = append("OneHot", [numbers, integers([votes.outputs]), zeroAndOne()], name: name)
        let row = append("Unsqueeze", [each, integers([1])], name: name)
        let sums = append("MatMul", [row, isOf], name: name)
        let flat = append("Squeeze", [sums, integers([1])], name: name)
        let shares = append("Max", [flat, scalar(Float(NeighbourVotes.leastShare))], name: name)
        return append("Mul", [append("Log", [shares], name: name), scale], name: name)
    }

    private mutating func zeroAndOne() -> String {
        var values = Tensor(shape: [2])
        values.withElements { $0[1] = 1 }
        return constant("zero_and_one", values)
    }
}
