/// The passes that turn a graph into what runs, in their order.
enum Passes {
    /// - Parameter isInBytes: whether values have ranges in 8 bits: those of a layer norm are what it makes with its affine part.
    static func apply(to draft: inout Draft, isInBytes: Bool = false) {
        removeIdentities(&draft)
        foldBatchNorm(&draft)
        if !isInBytes { mergeBranches(&draft) }
        if !isInBytes { foldLayerNorms(&draft) }
        fuseActivations(&draft)
        fuseResiduals(&draft)
        foldGates(&draft)
        fusePooling(&draft)
        fuseExpansions(&draft)
    }
}
