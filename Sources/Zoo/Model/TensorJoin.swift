/// Tensors that another publisher keeps apart and the graph as one: Hugging Face's query, key and value, for example.
public struct TensorJoin: Sendable, Hashable {
    /// What stands in the names of the parts, in their order along the first axis: `.query.`, `.key.`, `.value.`.
    public let parts: [String]
    /// What stands there in the whole's name: `.qkv.`.
    public let whole: String

    /// Parts, and what they are together.
    public init(_ parts: [String], as whole: String) {
        self.parts = parts
        self.whole = whole
    }
}
