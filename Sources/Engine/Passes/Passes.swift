/// The passes that turn a graph into what runs, in their order.
enum Passes {
    static func apply(to draft: inout Draft) {
        removeIdentities(&draft)
        foldBatchNorm(&draft)
        foldLayerNorms(&draft)
        fuseActivations(&draft)
        fuseResiduals(&draft)
        foldGates(&draft)
        fusePooling(&draft)
        fuseExpansions(&draft)
    }
}
