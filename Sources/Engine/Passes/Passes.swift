/// The passes that turn a graph into what runs, in their order.
enum Passes {
    /// - Parameters:
    ///   - isInBytes: whether values have ranges in 8 bits: those of a layer norm are what it makes with its affine part.
    ///   - boundary: the node from which on another precision holds: no step has layers of both sides.
    static func apply(to draft: inout Draft, isInBytes: Bool = false, boundary: Int = 0) {
        removeIdentities(&draft)
        foldBatchNorm(&draft)
        if !isInBytes { mergeBranches(&draft) }
        if !isInBytes { foldLayerNorms(&draft) }
        fuseActivations(&draft)
        if !isInBytes { fuseAffines(&draft) }
        fuseResiduals(&draft)
        foldGates(&draft)
        fusePooling(&draft, boundary: boundary)
        fuseExpansions(&draft, boundary: boundary)
    }
}
