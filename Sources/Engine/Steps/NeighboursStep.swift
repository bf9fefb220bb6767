import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How known pictures vote, and how that depends on how alike they are.
struct Votes {
    let attributes: NeighbourVotes
    /// Of each known picture, its class; nil for none.
    private let labels: [Int?]
    private let scale: Double

    /// - Parameter parameters: labels and scale.
    init(_ attributes: NeighbourVotes, _ parameters: [[Float]]) {
        self.attributes = attributes
        scale = Double(parameters[1][0])
        labels = parameters[0].map { label in
            Int(exactly: label).flatMap { (0..<attributes.outputs).contains($0) ? $0 : nil }
        }
    }

    /// A picture's row of likenesses after the other.
    func rows(of likenesses: [Float]) -> [ArraySlice<Float>] {
        stride(from: 0, to: likenesses.count, by: attributes.pictures).map {
            likenesses[$0..<$0 + attributes.pictures]
        }
    }

    /// The logarithm of each class' share of the votes, times the scale.
    func logits(_ row: some RandomAccessCollection<Float>) -> [Double] {
        shares(of: voters(row)).map { scale * log(max($0, NeighbourVotes.leastShare)) }
    }

    /// Of `sum(gradient * logits)`, by likeness. With the votes w, which sum to 1, and shares s it is
    /// `w * scale / temperature * (gradient / s of the voter's class - sum of the gradients)`, where s is above the least.
    func gradient(_ gradient: [Double], at row: some RandomAccessCollection<Float>) -> [Double] {
        let voters = voters(row), shares = shares(of: voters)
        let counted = shares.map { $0 > NeighbourVotes.leastShare }
        let all = zip(gradient, counted).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
        var result = [Double](repeating: 0, count: attributes.pictures)
        for voter in voters {
            let own = counted[voter.label] ? gradient[voter.label] / shares[voter.label] : 0
            result[voter.picture] = voter.vote * scale / attributes.temperature * (own - all)
        }
        return result
    }

    private struct Voter {
        let picture: Int
        let label: Int
        let likeness: Double
        var vote = 0.0
    }

    private func shares(of voters: [Voter]) -> [Double] {
        var shares = [Double](repeating: 0, count: attributes.outputs)
        for voter in voters { shares[voter.label] += voter.vote }
        return shares
    }

    /// The most alike, from the most alike on; their votes sum to 1.
    private func voters(_ row: some RandomAccessCollection<Float>) -> [Voter] {
        var voters: [Voter] = []
        for (picture, (value, label)) in zip(row, labels).enumerated() {
            guard let label else { continue }
            let likeness = Double(value)
            if voters.count == attributes.count {
                guard let last = voters.last, likeness > last.likeness else { continue }
                voters.removeLast()
            }
            let place = (voters.lastIndex { $0.likeness >= likeness } ?? -1) + 1
            voters.insert(Voter(picture: picture, label: label, likeness: likeness), at: place)
        }
        let votes = softmax(voters.map { $0.likeness / attributes.temperature }).probabilities
        for index in voters.indices { voters[index].vote = votes[index] }
        return voters
    }
}

/// What the most alike of known pictures vote for. A head has one of them: it needs no kernel.
struct NeighboursStep: Step {
    let name: String
    let input: Operand
    let output: Operand
    let votes: Votes

    var kind: String { "neighbours" }
    var multiplyAdds: Int { 0 }
    func tiles(threads: Int) -> Int { 1 }
    var scratch: Int { 0 }
    var memoryAccesses: Int { input.count + output.count }
    var reads: [Int] { [input.value] }
    var writes: [Int] { [output.value] }

    func run(tile: Int, _ memory: StepMemory) {
        let row = UnsafeBufferPointer(start: memory[input.value], count: votes.attributes.pictures)
        let target = memory[output.value]
        target.update(repeating: 0, count: output.stride)
        for (index, logit) in votes.logits(row).enumerated() { target[index] = Float(logit) }
    }
}
