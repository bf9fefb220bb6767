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
    case tuple(Int)
    case list(Int)
    /// A dict or an OrderedDict.
    case map(Int)
    case global(PickleGlobal)
    case storage(Int)
    case tensor(Int)

    /// What messages call it.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .long: "a whole number"
        case .float: "a number"
        case .text: "a text"
        case .tuple: "a tuple"
        case .list: "a list"
        case .map: "a dict"
        case .global(let global): "the global \(global.description)"
        case .storage: "a storage"
        case .tensor: "a tensor"
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

    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    var maps: [[Entry]] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []

    /// The number of objects, which a limit bounds.
    var count: Int { tuples.count + lists.count + maps.count + storages.count + tensors.count }
}

/// A run of elements that a pickle refers to and that lies elsewhere in the file.
struct PickledStorage: Sendable, Hashable {
    /// The name of the bytes: an archive member's, or an entry of the legacy layout's list.
    let key: String
    let type: DType
    /// The elements under that key.
    let count: Int
    /// The part of them that this storage is: all, but in the legacy layout's views.
    let range: Range<Int>
}

/// A tensor as a pickle states it: a strided view of a storage. Nothing is checked against the bytes yet.
struct PickledTensor: Sendable, Hashable {
    let storage: PickledStorage
    /// The first element, counted from the storage's start.
    let offset: Int
    let shape: [Int]
    /// Elements from one index to the next, for each extent.
    let strides: [Int]
}
