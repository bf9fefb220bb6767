import CKernels
import Engine
import TestSupport
import Testing
import Zoo

// Kernels are tested on every instruction set that this processor has, against the plain formula in double precision, at
// sizes around their tiles, with buffers that end at the last float they may touch.

/// What the tests of kernels share.
enum KernelTesting {
    static let activations: [(gk_activation, Activation?)] =
        [(GK_NONE, nil)] + Activation.allCases.map { (gk_activation_named($0.rawValue), $0) }

    static func random(_ count: Int, _ seed: UInt64) -> GuardedBuffer {
        var random = Random(state: seed)
        return GuardedBuffer(count: count) { _ in random.float() }
    }

    static func apply(_ activation: Activation?, _ x: Double) -> Double { activation?.value(x) ?? x }

    /// Elements of `found` at `expected`'s places, within a tolerance relative to 1 or the value.
    static func compare(
        _ found: GuardedBuffer, _ expected: [Double?], _ what: String, tolerance: Double = 4e-6,
        location: SourceLocation = #_sourceLocation
    ) {
        for (index, value) in expected.enumerated() {
            guard let value else { continue }
            let difference = abs(Double(found[index]) - value)
            if !(difference <= tolerance * max(1, abs(value))) {
                Issue.record("\(what): element \(index) is \(found[index]), not \(value)", sourceLocation: location)
                return
            }
        }
    }

    /// A panel-packed matrix and the plain one, `[depth][columns]`; from column `real` on it is 0.
    static func pack(
        depth: Int, vectors: Int, _ table: MatrixKernels, seed: UInt64, columns real: Int
    ) -> (GuardedBuffer, [Float]) {
        let columns = vectors * table.lanes
        var random = Random(state: seed)
        let matrix = (0..<depth * columns).map { $0 % columns < real ? table.element(&random) : 0 }
        var packed: [Float] = []
        let panels = gk_panel_count(vectors, table.panel)
        for panel in 0..<panels {
            let first = gk_panel_start(panel, panels, vectors) * table.lanes
            let end = gk_panel_start(panel + 1, panels, vectors) * table.lanes
            for k in 0..<depth { packed += matrix[k * columns + first..<k * columns + end] }
        }
        return (GuardedBuffer(count: packed.count) { packed[$0] }, matrix)
    }
}
