package import CKernels
package import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The kernels of one instruction set.
package struct KernelSet: @unchecked Sendable {
    /// Points at a constant of CKernels.
    package let table: UnsafePointer<gk_table>
    /// Those on bytes that go with them.
    package let bytes: ByteKernels
    /// Those on bfloat16.
    package let pairs: PairKernels

    package init(table: UnsafePointer<gk_table>, bytes: ByteKernels? = nil, pairs: PairKernels? = nil) {
        self.table = table
        self.pairs = pairs ?? .beside(table.pointee)
        self.bytes = bytes ?? .beside(String(cString: table.pointee.name))
    }

    package var name: String { String(cString: table.pointee.name) }
    /// Floats in a vector.
    var lanes: Int { table.pointee.lanes }
    /// Vectors in the widest panel of a packed matrix.
    var panel: Int { table.pointee.panel }

    /// What this processor can run, best first.
    package static let available: [KernelSet] = (0..<gk_set_count()).filter { gk_set_runs($0) != 0 }
        .compactMap { index in gk_set(index).map { KernelSet(table: $0) } }

    /// The best set, or the one that the environment variable `GRAFT_ISA` names.
    package static func chosen() throws(GraftError) -> KernelSet {
        try named(ProcessInfo.processInfo.environment["GRAFT_ISA"])
    }

    /// The set of that name, the best for nil.
    package static func named(_ name: String?) throws(GraftError) -> KernelSet {
        let set = name.map { name in available.first { $0.name == name } } ?? available.first
        guard let set else {
            throw GraftError(
                .instructionSet, "this processor cannot run that instruction set", parameter: "GRAFT_ISA",
                expected: available.map(\.name).joined(separator: ", "), found: name,
                remedy: "unset GRAFT_ISA to use the best one")
        }
        return set
    }

    /// `count` channels rounded up to whole vectors.
    func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }
    /// Vectors that `count` channels take.
    func vectors(_ count: Int) -> Int { (count + lanes - 1) / lanes }
    /// Whether the second half of the last vector of `count` channels is padding.
    func endsInHalf(_ count: Int) -> Int32 { (1...lanes / 2).contains(count % lanes) ? 1 : 0 }
    /// Panels that `vectors` columns are cut into.
    func panels(_ vectors: Int) -> Int { gk_panel_count(vectors, panel) }
}
