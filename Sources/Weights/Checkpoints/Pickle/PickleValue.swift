/// A value on a pickle's stack. Containers and tensors are indices into a `PickleHeap`: a mutable Python object may be
/// met twice, and a flat heap is let go without recursion however deep a hostile file nests.
enum PickleValue: Sendable, Hashable {
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number of more than eight bytes: little-endian two's complement.
    case long([UInt8])
    case float(Double)
    case text(String)
    /// Bytes, or a text that is no Unicode: never looked at.
    case bytes
    case tuple(Int)
    case list(Int)
    /// A set's elements, in `PickleHeap.lists`.
    case set(Int)
    /// A dict, an OrderedDict, a Counter or a defaultdict.
    case map(Int)
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)
    /// A tensor of a kind that is not read, in `PickleHeap.refusals`.
    case refused(Int)
    /// What a name of `PickleGlobal.Inert` would have made.
    case inert
    /// What an unknown name would have made. It is never built; `PickleHeap.opaques` has its label.
    case opaque(Int)

    /// What messages call it.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .long: "a whole number"
        case .float: "a number"
        case .text: "a text"
        case .bytes: "bytes"
        case .tuple: "a tuple"
        case .list: "a list"
        case .set: "a set"
        case .map: "a dict"
        case .global: "a name"
        case .storage: "a storage"
        case .tensor, .refused: "a tensor"
        case .inert: "a value"
        case .opaque: "an object that is not built"
        }
    }
}

/// What a pickle's values are made of, each kind in an array of its own.
struct PickleHeap: Sendable {
    /// A key and its value, in the order of setting.
    struct Entry: Sendable {
        let key: PickleValue
        let value: PickleValue
    }

    /// An object that is not built: the index of its class' or function's name, and what it would have been filled with.
    struct Opaque: Sendable {
        let name: Int
        var state: PickleValue?
    }

    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    var maps: [[Entry]] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []
    /// Why each of the tensors is not read.
    var refusals: [String] = []
    var opaques: [Opaque] = []
    /// Unknown names, each once.
    var names: [String] = []

    /// The number of objects, which a limit bounds.
    var count: Int {
        tuples.count + lists.count + maps.count + storages.count + tensors.count + refusals.count + opaques.count
    }

    /// `a dict`, `the object 'argparse.Namespace'`, …
    func describe(_ value: PickleValue) -> String {
        switch value {
        case .opaque(let index): "an object of '\(names[opaques[index].name])', which is never built"
        case .global(.unknown(let index)): "the name '\(names[index])'"
        default: value.kind
        }
    }
}

/// A run of elements that a pickle refers to and that lies elsewhere in the file.
struct PickledStorage: Sendable, Hashable {
    /// The name of the bytes: an archive member's, or an entry of the legacy layout's list.
    let key: String
    let kind: PickleGlobal.StorageKind
    /// The elements under that key.
    let count: Int
    /// The part of them that this storage is: all, but in the legacy layout's views.
    let range: Range<Int>

    /// Bytes an element.
    var elementSize: Int {
        switch kind {
        case .typed(let type): type.size
        case .untyped: 1
        }
    }

    /// The length that the pickle states; nil where it cannot be counted.
    var byteCount: Int? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: elementSize)
        return overflow ? nil : bytes
    }

    /// `6 x float32`
    var description: String {
        switch kind {
        case .typed(let type): "\(count) x \(type.name)"
        case .untyped: "\(count) bytes"
        }
    }
}

/// A tensor as a pickle states it: a strided view of a storage. Nothing is checked against the bytes yet.
struct PickledTensor: Sendable, Hashable {
    let storage: PickledStorage
    let type: DType
    /// The first element, counted from the storage's start.
    let offset: Int
    let shape: [Int]
    /// Elements from one index to the next, for each extent.
    let strides: [Int]

    /// The elements of the storage that the tensor may use, counted in the tensor's own type.
    var available: Range<Int> {
        switch storage.kind {
        case .typed: storage.range
        case .untyped: 0..<storage.count / type.size
        }
    }
}
