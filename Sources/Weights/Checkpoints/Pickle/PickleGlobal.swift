/// The names that a checkpoint's pickle may refer to: those that building tensors takes. They are compared and never
/// looked up, so that there is nothing to execute.
enum PickleGlobal: Sendable, Hashable {
    case orderedDict
    case rebuildTensor
    case rebuildTensorV2
    case rebuildParameter
    case size
    case storage(DType)

    private static let all: [PickleGlobal] =
        [.orderedDict, .rebuildTensor, .rebuildTensorV2, .rebuildParameter, .size] + DType.allCases.map { .storage($0) }

    /// nil for every other name.
    init?(module: String, name: String) {
        guard let known = Self.all.first(where: { $0.module == module && $0.name == name }) else { return nil }
        self = known
    }

    /// The name as Python writes it.
    var description: String { "\(module).\(name)" }

    var module: String {
        switch self {
        case .orderedDict: "collections"
        case .rebuildTensor, .rebuildTensorV2, .rebuildParameter: "torch._utils"
        case .size, .storage: "torch"
        }
    }

    var name: String {
        switch self {
        case .orderedDict: "OrderedDict"
        case .rebuildTensor: "_rebuild_tensor"
        case .rebuildTensorV2: "_rebuild_tensor_v2"
        case .rebuildParameter: "_rebuild_parameter"
        case .size: "Size"
        case .storage(let type): Self.storageName(type)
        }
    }

    /// The class that PyTorch names a storage of that type by.
    private static func storageName(_ type: DType) -> String {
        switch type {
        case .float32: "FloatStorage"
        case .float64: "DoubleStorage"
        case .float16: "HalfStorage"
        case .bfloat16: "BFloat16Storage"
        case .int64: "LongStorage"
        case .int32: "IntStorage"
        case .int16: "ShortStorage"
        case .int8: "CharStorage"
        case .uint8: "ByteStorage"
        case .bool: "BoolStorage"
        }
    }
}
