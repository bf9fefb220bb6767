/// What of a graph is computed in 8 bits, node by node as the graph has them: what a writer for another program needs.
package struct ByteLayout: Sendable {
    /// A layer's weights, with what was folded into them.
    package struct Layer: Sendable, Hashable {
        /// In the checkpoint's order.
        package let weights: [Int8]
        /// By output channel, what a weight of 1 stands for.
        package let scales: [Float]
        /// By output channel, in units of its scale times the input's.
        package let biases: [Int32]
        /// By output channel, what a bias of 1 stands for.
        package let units: [Float]

        package init(weights: [Int8], scales: [Float], biases: [Int32], units: [Float]) {
            self.weights = weights
            self.scales = scales
            self.biases = biases
            self.units = units
        }
    }

    /// By node: the range that its value is rounded to, for all who read it.
    package var made: [Int: ByteRange] = [:]
    /// By node and the place of an input: the range that the node alone rounds it to.
    package var read: [Int: [Int: ByteRange]] = [:]
    /// By node with weights.
    package var layers: [Int: Layer] = [:]
    /// Nodes that are part of the layer before them.
    package var folded: Set<Int> = []

    /// Nothing.
    package init() {}
}
