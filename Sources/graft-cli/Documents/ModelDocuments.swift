import Exchange
import Weights
import Zoo

extension Summary {
    /// `graft summary --json`
    var document: JSONDocument {
        ["layers": layers.map(\.document), "stages": stages.map(\.document)]
    }
}

extension Summary.Row {
    fileprivate var document: JSONDocument {
        [
            "name": name,
            "operation": operation,
            "input": input,
            "output": output,
            "parameters": parameters,
            "trainable": trainable,
            "multiply_adds": multiplyAdds,
        ]
    }
}

extension WeightFile {
    /// `graft inspect --json`. The metadata have the keys of `graft.json`; `set` is the one that `tensors` are of.
    var document: JSONDocument {
        [
            "path": path,
            "format": format.rawValue,
            "tensors": entries.map { entry -> JSONDocument in
                ["name": entry.name, "shape": entry.shape, "dtype": entry.dtype.rawValue]
            },
            "values": entries.valueCount,
            "set": set?.name,
            "sets": sets.map { set -> JSONDocument in
                ["name": set.name, "tensors": set.tensors, "values": set.values]
            },
            "opaque": opaque.map { value -> JSONDocument in ["path": value.path, "type": value.type] },
            "refused": refused.map { tensor -> JSONDocument in ["name": tensor.name, "kind": tensor.kind] },
            "notes": notes,
            "metadata": metadata,
        ]
    }
}

extension [TensorEntry] {
    /// Values of all tensors.
    var valueCount: Int { reduce(0) { $0 + $1.count } }
}

extension LoadReport {
    /// The `report` in `graft retarget --json`.
    var document: JSONDocument {
        [
            "loaded": loaded.count,
            "missing": missing,
            "unexpected": unexpected,
            "mismatched": mismatched.map { tensor -> JSONDocument in
                ["name": tensor.name, "expected": tensor.expected, "found": tensor.found]
            },
        ]
    }
}

extension SelfTest {
    /// What `graft selftest --json` says beside the file's name.
    var document: JSONDocument {
        [
            "passed": passed,
            "logits": logits,
            "greatest_difference": greatestDifference,
            "relative_difference": relativeDifference,
            "tolerance": Self.tolerance,
            "isa": isa,
            "threads": threads,
        ]
    }
}
