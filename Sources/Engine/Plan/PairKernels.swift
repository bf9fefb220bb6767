package import CKernels
package import Zoo

/// The kernels on pairs of bfloat16 of one instruction set.
package struct PairKernels: @unchecked Sendable {
    /// Points at a constant of CKernels.
    package let table: UnsafePointer<gk_bf16_table>

    package var name: String { String(cString: table.pointee.name) }

    /// What this processor can run, best first.
    package static let available: [PairKernels] = (0..<gk_bf16_set_count()).filter { gk_bf16_set_runs($0) != 0 }
        .compactMap { index in gk_bf16_set(index).map { PairKernels(table: $0) } }

    /// The best ones with the lanes and panels of a set of float32.
    static func beside(_ set: gk_table) -> PairKernels {
        let fitting = available.first { $0.table.pointee.lanes == set.lanes && $0.table.pointee.panel == set.panel }
        // The last is the baseline, which goes with the baseline.
        return fitting ?? PairKernels(table: gk_bf16_set(gk_bf16_set_count() - 1))
    }
}

/// How an inference plan computes what is not in 8 bits.
package enum Precision: Sendable, Hashable {
    /// All of it in float32.
    case float32
    /// Products of bfloat16, whose sums and everything else are float32.
    case bfloat16
    /// The same up to the end of a stage, and what follows in float32.
    case bfloat16Through(String)

    /// As `--precision` has it.
    package var name: String { self == .float32 ? "f32" : "bf16" }

    /// What computes the same in a graph has the same text.
    /// - Throws: as `firstFloatNode`.
    package func reach(in graph: Graph) throws(GraftError) -> String {
        let end = try firstFloatNode(of: graph)
        return end == 0 ? "float32" : end >= graph.nodes.count ? "bfloat16" : "bfloat16 up to \(end)"
    }

    /// The first node of the graph whose products are not of bfloat16.
    /// - Throws: `GraftError.unknownName` for a stage that the graph does not have.
    func firstFloatNode(of graph: Graph) throws(GraftError) -> Int {
        switch self {
        case .float32: 0
        case .bfloat16: graph.nodes.count
        case .bfloat16Through(let stage): try graph.stage(stage).node + 1
        }
    }
}

extension Float {
    /// The nearest bfloat16, ties to even.
    var bfloat16Bits: UInt32 {
        if isNaN { return bitPattern >> 16 | 0x40 }
        return (bitPattern &+ 0x7fff &+ (bitPattern >> 16 & 1)) >> 16
    }
}
