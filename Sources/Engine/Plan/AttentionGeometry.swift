import Zoo

/// Where the queries, keys and values of each head lie in attention's operands.
struct AttentionGeometry: Sendable {
    let heads: Int
    /// Channels of a head.
    let size: Int
    /// Positions.
    let queries: Int
    let keys: Int
    /// Whether all operands are one.
    let isFused: Bool
    /// Whether all heads read the same keys and values.
    let sharesKeys: Bool

    /// - Parameter channels: by operand.
    init(_ attention: Attention, channels: [Int], queries: Int, keys: Int) {
        heads = attention.heads
        isFused = channels.count == 1
        size = (isFused ? channels[0] / 3 : channels[0]) / attention.heads
        sharesKeys = !isFused && attention.heads > 1 && channels[1] == size
        self.queries = queries
        self.keys = keys
    }

    /// What scores are multiplied by.
    var scale: Float { Float(1 / Double(size).squareRoot()) }
    /// Heads whose keys and values are apart.
    var keyHeads: Int { sharesKeys ? 1 : heads }

    /// The operand and the first channel of a head's queries, keys (1) or values (2).
    func place(_ part: Int, head: Int) -> (operand: Int, channel: Int) {
        let channel = (part > 0 && sharesKeys ? 0 : head) * size
        return isFused ? (0, part * heads * size + channel) : (part, channel)
    }

    var multiplyAdds: Int { 2 * heads * queries * keys * size }
}
