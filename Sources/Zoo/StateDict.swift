/// Named tensors in a fixed order: what PyTorch calls a state dict.
public struct StateDict: Sendable, Hashable {
    /// The names, in the order in which they were added.
    public private(set) var names: [String] = []
    private var tensors: [String: Tensor] = [:]

    /// No tensors.
    public init() {}

    /// The tensor of that name. Setting nil removes it; setting a new name appends it.
    public subscript(name: String) -> Tensor? {
        get { tensors[name] }
        set {
            let known = tensors[name] != nil
            tensors[name] = newValue
            if newValue == nil {
                if known { names.removeAll { $0 == name } }
            } else if !known {
                names.append(name)
            }
        }
    }

    /// The number of tensors.
    public var count: Int { names.count }

    /// Every value of every tensor.
    public var elementCount: Int { tensors.values.reduce(0) { $0 + $1.elements.count } }

    /// The same tensors under the names that `rename` gives; nil leaves one out.
    public func renamed(_ rename: (String) -> String?) -> StateDict {
        var result = StateDict()
        for name in names {
            if let new = rename(name) { result[new] = tensors[name] }
        }
        return result
    }

    /// These tensors, with those of `other` in place of the ones of the same names.
    package func overlaid(by other: StateDict) -> StateDict {
        var result = self
        for name in other.names { result[name] = other[name] }
        return result
    }
}
