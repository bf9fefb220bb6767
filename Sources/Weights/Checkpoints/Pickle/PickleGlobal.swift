/// The names that a checkpoint's pickle may refer to and that mean something here: those that build tensors, and the
/// values beside them that PyTorch takes for harmless. They are compared and never looked up, so that there is nothing to
/// execute; every other name is a label and no more.
enum PickleGlobal: Sendable, Hashable {
    case orderedDict
    case counter
    case defaultDict
    case set
    case size
    case rebuild(Rebuild)
    /// A class of tensors, called with the tensor that it wraps.
    case parameter
    case storage(StorageKind)
    case dtype(ValueKind)
    /// A name whose call gives a value that says nothing of tensors: `torch.device`, `_codecs.encode`, …
    case value(Inert)
    /// Any other name, an index into `PickleHeap.names`.
    case unknown(Int)

    /// PyTorch's functions that make tensors.
    enum Rebuild: String, Sendable, Hashable, CaseIterable {
        case tensor = "torch._utils._rebuild_tensor"
        case tensorV2 = "torch._utils._rebuild_tensor_v2"
        case tensorV3 = "torch._utils._rebuild_tensor_v3"
        case parameter = "torch._utils._rebuild_parameter"
        case parameterWithState = "torch._utils._rebuild_parameter_with_state"
        case fromCPU = "torch._utils._rebuild_device_tensor_from_cpu_tensor"
        case fromType = "torch._tensor._rebuild_from_type_v2"
        case fromTypeV1 = "torch._tensor._rebuild_from_type"
        case fromTypeOld = "torch.tensor._rebuild_from_type"
        // Those below are not read.
        case quantized = "torch._utils._rebuild_qtensor"
        case sparse = "torch._utils._rebuild_sparse_tensor"
        case sparseRows = "torch._utils._rebuild_sparse_csr_tensor"
        case nested = "torch._utils._rebuild_nested_tensor"
        case meta = "torch._utils._rebuild_meta_tensor_no_storage"
        case wrapper = "torch._utils._rebuild_wrapper_subclass"
        case fromNumPy = "torch._utils._rebuild_device_tensor_from_numpy"
        case fromXLA = "torch._utils._rebuild_xla_tensor"

        /// What a tensor is called that this function makes and that is not read; nil for those that are.
        var refusal: String? {
            switch self {
            case .tensor, .tensorV2, .tensorV3, .parameter, .parameterWithState, .fromCPU, .fromType, .fromTypeV1,
                .fromTypeOld:
                nil
            case .quantized: "a quantised tensor"
            case .sparse, .sparseRows: "a sparse tensor"
            case .nested: "a nested tensor"
            case .meta: "a tensor without values (meta)"
            case .wrapper: "a tensor that another library's class wraps"
            case .fromNumPy, .fromXLA: "a tensor that is kept as a NumPy array"
            }
        }
    }

    /// Names of Python and PyTorch whose values are harmless and not needed.
    enum Inert: String, Sendable, Hashable, CaseIterable {
        case device = "torch.device"
        case layout = "torch.serialization._get_layout"
        case encode = "_codecs.encode"
        case bytes = "builtins.bytes"
        case bytearray = "builtins.bytearray"
        case complex = "builtins.complex"
        case list = "builtins.list"
        case dict = "builtins.dict"
        case tuple = "builtins.tuple"
        case int = "builtins.int"
        case float = "builtins.float"
        case bool = "builtins.bool"
        case text = "builtins.str"
        case tensorAffine = "torch.per_tensor_affine"
        case tensorSymmetric = "torch.per_tensor_symmetric"
        case channelAffine = "torch.per_channel_affine"
        case channelSymmetric = "torch.per_channel_symmetric"
        case channelFloat = "torch.per_channel_affine_float_qparams"
    }

    /// What a storage's class says of its values.
    enum StorageKind: Sendable, Hashable {
        case typed(ValueKind)
        /// Bytes, whose type the tensor states.
        case untyped
    }

    /// The type of values: one that is read, or another one's name and width.
    enum ValueKind: Sendable, Hashable {
        case read(DType)
        case other(Other)

        enum Other: String, Sendable, Hashable, CaseIterable {
            case complex32, complex64, complex128, qint8, quint8, qint32, quint4x2, quint2x4
            case float4_e2m1fn_x2, bits1x8, bits2x4, bits4x2, bits8, bits16
        }

        var name: String {
            switch self {
            case .read(let type): type.rawValue
            case .other(let other): other.rawValue
            }
        }

        /// Bytes a value.
        var size: Int {
            switch self {
            case .read(let type): type.size
            case .other(let other):
                switch other {
                case .complex128: 16
                case .complex64: 8
                case .complex32, .qint32: 4
                case .bits16: 2
                case .qint8, .quint8, .quint4x2, .quint2x4, .float4_e2m1fn_x2, .bits1x8, .bits2x4, .bits4x2, .bits8: 1
                }
            }
        }

        static let all: [ValueKind] = DType.allCases.map { .read($0) } + Other.allCases.map { .other($0) }
    }

    /// nil for a name that means nothing here.
    init?(module: String, name: String) {
        // Python 2's names, which pickles of protocol 2 have to this day.
        let module = module == "__builtin__" ? "builtins" : module
        guard let known = Self.known["\(module).\(name)"] else { return nil }
        self = known
    }

    private static let known: [String: PickleGlobal] = {
        var known: [String: PickleGlobal] = [
            "collections.OrderedDict": .orderedDict, "collections.Counter": .counter,
            "collections.defaultdict": .defaultDict, "builtins.set": .set, "builtins.frozenset": .set,
            "torch.Size": .size, "torch.nn.parameter.Parameter": .parameter, "torch.nn.parameter.Buffer": .parameter,
            "torch.autograd.variable.Variable": .parameter, "torch.storage.UntypedStorage": .storage(.untyped),
            "torch.UntypedStorage": .storage(.untyped), "torch.storage._UntypedStorage": .storage(.untyped),
        ]
        for function in Rebuild.allCases { known[function.rawValue] = .rebuild(function) }
        for value in Inert.allCases { known[value.rawValue] = .value(value) }
        for kind in ValueKind.all {
            known["torch.\(kind.name)"] = .dtype(kind)
            guard let name = storageName(kind) else { continue }
            known["torch.\(name)"] = .storage(.typed(kind))
            known["torch.cuda.\(name)"] = .storage(.typed(kind))
        }
        return known
    }()

    /// The class that PyTorch names a storage of that type by; nil for the newer types, whose storages are untyped.
    static func storageName(_ kind: ValueKind) -> String? {
        switch kind {
        case .read(.float32): "FloatStorage"
        case .read(.float64): "DoubleStorage"
        case .read(.float16): "HalfStorage"
        case .read(.bfloat16): "BFloat16Storage"
        case .read(.int64): "LongStorage"
        case .read(.int32): "IntStorage"
        case .read(.int16): "ShortStorage"
        case .read(.int8): "CharStorage"
        case .read(.uint8): "ByteStorage"
        case .read(.bool): "BoolStorage"
        case .other(.complex64): "ComplexFloatStorage"
        case .other(.complex128): "ComplexDoubleStorage"
        case .other(.qint8): "QInt8Storage"
        case .other(.quint8): "QUInt8Storage"
        case .other(.qint32): "QInt32Storage"
        case .other(.quint4x2): "QUInt4x2Storage"
        case .other(.quint2x4): "QUInt2x4Storage"
        default: nil
        }
    }

    /// Modules whose names a pickle has for one purpose only: to have something done to the machine that loads it. Nothing
    /// could be; but a person should know what the file is.
    static func isHostile(module: String, name: String) -> Bool {
        let top = module.split(separator: ".").first.map(String.init) ?? module
        if top == "builtins" || top == "__builtin__" { return hostileBuiltins.contains(name) }
        return hostileModules.contains(top)
    }

    private static let hostileModules: Set<String> = [
        "os", "posix", "nt", "sys", "subprocess", "pty", "runpy", "importlib", "imp", "ctypes", "socket", "shutil",
        "commands", "popen2", "code", "codeop", "webbrowser", "pickle", "_pickle", "marshal", "timeit", "pdb", "bdb",
    ]
    private static let hostileBuiltins: Set<String> = [
        "eval", "exec", "execfile", "compile", "open", "file", "__import__", "input", "raw_input", "breakpoint",
        "globals", "locals", "vars", "setattr", "delattr", "apply", "exit", "quit", "help",
    ]
}
